"""Logs to read: the bytes that TensorFlow 1 and 2 and PyTorch write, without any of them.

``python benchmarks/logs.py FOLDER [KIND...]`` makes a folder for each kind of ``KINDS``.
"""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import google_crc32c
import numpy as np
from PIL import Image

GROUPS = ("train/loss_{}", "val/metrics/accuracy_{}", "lr-Adam/pg{}", "perf/step_time_ms/{}")
TAGS = [f"grad_norm/layers.{i}.attention.wq.weight" for i in range(5)] + [
    group.format(i) for group in GROUPS for i in range(5)
]
VERSION = b"\x1a\x0dbrain.Event:2"
WRITER = b"\x52\x24\x0a\x22tensorflow.core.util.events_writer"


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(key: int, content: bytes) -> bytes:
    return bytes([key]) + varint(len(content)) + content


def record(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return b"".join((length, checksum(length), payload, checksum(payload)))


def checksum(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def event(wall_time: float, step: int, *values: bytes) -> bytes:
    count = b"\x10" + varint(step) if step else b""
    summary = b"".join(field(0x0A, value) for value in values)
    return record(b"\x09" + struct.pack("<d", wall_time) + count + field(0x2A, summary))


def write(run: Path, events: Iterator[bytes], writer: bytes = b"") -> None:
    run.mkdir(parents=True)
    with (run / "events.out.tfevents.1700000000.host.1.0").open("wb") as out:
        out.write(record(b"\x09" + struct.pack("<d", 1.7e9) + VERSION + writer))
        out.writelines(events)


def legacy(tag: str, number: bytes) -> bytes:
    return field(0x0A, tag.encode()) + b"\x15" + number


def tensor(tag: str, number: bytes) -> bytes:
    content = b"\x08\x01\x12\x00\x22\x04" + number
    return field(0x0A, tag.encode()) + field(0x42, content) + b"\x4a\x0b\x0a\x09\x0a\x07scalars"


def scalars(
    value: Callable[[str, bytes], bytes], seed: int, steps: int, tags: list[str], together: bool
) -> Iterator[bytes]:
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(steps, len(tags))).astype("<f4")
    passed = np.cumsum(rng.exponential(0.01, numbers.size)).reshape(numbers.shape)
    walls = 1.7e9 + 100 * seed + passed
    for step in range(steps):
        row = [
            value(tag, number.tobytes()) for tag, number in zip(tags, numbers[step], strict=True)
        ]
        batches = [row] if together else [[one] for one in row]
        for batch, wall_time in zip(batches, walls[step].tolist(), strict=False):
            yield event(wall_time, step, *batch)


def histograms(seed: int, tensors: bool, steps: int = 200, tags: int = 60) -> Iterator[bytes]:
    rng = np.random.default_rng(seed)
    for step in range(steps):
        for place in range(tags):
            size = 80 + int(rng.integers(-8, 9))
            edges = np.sort(rng.normal(size=size + 1)) * (1 + step / 50)
            counts = rng.integers(0, 50, size).astype(float)
            tag = field(0x0A, f"layers.{place}.weight".encode())
            value = tf2_histogram(edges, counts) if tensors else legacy_histogram(edges, counts)
            yield event(1.7e9 + step + place / 1000, step, tag + value)


def legacy_histogram(edges: np.ndarray, counts: np.ndarray) -> bytes:
    limits = edges[1:]
    moments = edges[0], edges[-1], counts.sum(), counts @ limits, counts @ limits**2
    keys = (0x09, 0x11, 0x19, 0x21, 0x29)
    body = b"".join(
        bytes([key]) + struct.pack("<d", one) for key, one in zip(keys, moments, strict=True)
    )
    return field(0x2A, body + field(0x32, limits.tobytes()) + field(0x3A, counts.tobytes()))


def tf2_histogram(edges: np.ndarray, counts: np.ndarray) -> bytes:
    rows = np.column_stack([edges[:-1], edges[1:], counts])
    shape = field(0x12, b"\x08" + varint(len(rows))) + field(0x12, b"\x08\x03")
    content = b"\x08\x02" + field(0x12, shape) + field(0x22, rows.tobytes())
    return field(0x42, content) + field(0x4A, field(0x0A, field(0x0A, b"histograms")))


def images(count: int = 500, side: int = 128) -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    for number in range(count):
        small = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC).save(out, "PNG")
        size = b"\x08" + varint(side) + b"\x10" + varint(side) + b"\x18\x03"
        value = field(0x0A, b"image/%d" % (number % 10))
        yield event(
            1.7e9 + number, number // 10, value + field(0x22, size + field(0x22, out.getvalue()))
        )


def make(folder: Path, kind: str) -> Path:
    """The logs of one kind under ``folder``, made unless they are there."""
    place = folder / kind
    if not place.exists():
        for run, events, writer in KINDS[kind]():
            write(place / run, events, writer)
    return place


def _runs(value: Callable[[str, bytes], bytes], writer: bytes = b"", together: bool = False):
    for run in range(8):
        yield f"exp/lr_{run}", scalars(value, run, 5000, TAGS, together), writer


def _sweep():
    tags = ["train/loss", "train/accuracy", "val/loss", "val/accuracy", "lr"]
    for run in range(1000):
        yield f"trial_{run:04d}", scalars(legacy, run, 60, tags, False), b""


KINDS = {
    "pt": lambda: _runs(legacy),
    "tf2": lambda: _runs(tensor, WRITER),
    "tf1": lambda: _runs(legacy, WRITER, together=True),
    "hist1": lambda: ((f"run{i}", histograms(i, tensors=False), b"") for i in range(4)),
    "hist2": lambda: ((f"run{i}", histograms(i, tensors=True), WRITER) for i in range(4)),
    "img": lambda: [("run0", images(), b"")],
    "sweep": _sweep,
    "small": lambda: [("run0", scalars(legacy, 0, 1000, TAGS[:10], False), b"")],
}


if __name__ == "__main__":
    for kind in sys.argv[2:] or KINDS:
        print(make(Path(sys.argv[1]), kind))
