"""The quick way to read: field by field what reading record by record gives, whatever the file."""

from __future__ import annotations

import dataclasses
import random
import struct
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboardX import SummaryWriter

from tbreport.errors import InputError
from tbreport.model import Logs
from tbreport.read import blocks, crc, events, files, forms, histograms, scalars
from tbreport.read.logdir import read_logs
from tests import writer
from tests.strategies import Damage, damages
from tests.writer import event, frame, scalar

SCALARS = b"\x4a\x0b\x0a\x09\x0a\x07scalars"  # metadata that name the plugin, as a field
IMAGES = b"\x4a\x0a\x0a\x08\x0a\x06images"
BAD = b"\x4a\x02\x0a\x09"

# What stands behind the tag of a value, by name; {} is its float32.
LAYOUTS: dict[str, tuple[bytes, bytes]] = {
    "legacy": (b"\x15", b""),
    "legacy with metadata": (b"\x15", SCALARS),
    "content": (b"\x42\x0a\x08\x01\x12\x00\x22\x04", b""),
    "content with metadata": (b"\x42\x0a\x08\x01\x12\x00\x22\x04", SCALARS),
    "content of a foreign plugin": (b"\x42\x0a\x08\x01\x12\x00\x22\x04", IMAGES),
    "content with bad metadata": (b"\x42\x0a\x08\x01\x12\x00\x22\x04", BAD),
    "content of shape [1]": (b"\x42\x0e\x08\x01\x12\x04\x12\x02\x08\x01\x22\x04", b""),
    "packed float_val": (b"\x42\x0a\x08\x01\x12\x00\x2a\x04", SCALARS),
    "float_val": (b"\x42\x09\x08\x01\x12\x00\x2d", SCALARS),
    "float_val without a shape": (b"\x42\x07\x08\x01\x2d", b""),
    "two values of one": (b"\x15\x00\x00\x00\x00\x15", b""),
}
COMMON = ("legacy", "content", "content with metadata")
NUMBERS = (0.0, -0.0, 1.5, float("nan"), float("inf"), -float("inf"), 1e-45)
STEPS = (0, 1, 100, 127, 16_380, 2**31, -5, 2**63 - 40, -(2**63))


def differences(first: Any, second: Any, place: str = "logs") -> Iterator[str]:
    """Where two values differ, to the bit."""
    if type(first) is not type(second):
        yield f"{place}: {type(first)} and {type(second)}"
    elif dataclasses.is_dataclass(first):
        for field in dataclasses.fields(first):
            inner = f"{place}.{field.name}"
            yield from differences(getattr(first, field.name), getattr(second, field.name), inner)
    elif isinstance(first, np.ndarray):
        if (first.dtype, first.shape) != (second.dtype, second.shape):
            yield f"{place}: {first.dtype}{first.shape} and {second.dtype}{second.shape}"
        elif first.dtype == object:
            yield from differences(first.tolist(), second.tolist(), place)
        elif first.tobytes() != second.tobytes():
            yield f"{place}: {first} and {second}"
    elif isinstance(first, Mapping):
        yield from differences(list(first), list(second), f"{place}.keys()")
        for key in first.keys() & second.keys():
            yield from differences(first[key], second[key], f"{place}[{key!r}]")
    elif isinstance(first, Sequence) and not isinstance(first, str | bytes):
        if len(first) != len(second):
            yield f"{place}: {len(first)} and {len(second)} items"
        for index, pair in enumerate(zip(first, second, strict=False)):
            yield from differences(*pair, f"{place}[{index}]")
    elif first != second and not (first != first and second != second):
        yield f"{place}: {first!r} and {second!r}"


def check(folder: Path, **choices: Any) -> Logs:
    """The logs in ``folder``, the same whichever way they are read."""
    quick = read_logs(folder, **choices)
    assert list(differences(quick, read_logs(folder, **choices, plain=True))) == []
    return quick


@contextmanager
def limits(**values: int) -> Iterator[None]:
    """Limits as small as examples are: files and columns of any size are read in bulk."""
    places = {
        "few": [(forms, "FEW"), (histograms, "_FEW")],
        "block": [(files, "BLOCK")],
        "large": [(files, "_LARGE")],
        "least": [(files, "_LEAST")],
        "small": [(files, "_SMALL")],
        "rows": [(scalars, "_PASS"), (scalars, "_ROWS")],
        "long": [(blocks, "_LONG")],
    }
    with ExitStack() as stack:
        for name, value in values.items():
            for module, attribute in places[name]:
                stack.enter_context(mock.patch.object(module, attribute, value))
        yield


LIMITS = st.fixed_dictionaries(
    {
        "few": st.sampled_from([1, 3, 16]),
        "block": st.sampled_from([1 << 11, 1 << 14, 1 << 22]),
        "large": st.sampled_from([1 << 10, 1 << 13, 1 << 23]),
        "least": st.sampled_from([1 << 9, 1 << 11]),
        "small": st.sampled_from([0, 1 << 20]),
        "rows": st.sampled_from([16, 1 << 16]),
        "long": st.sampled_from([16, 100, 10_000]),
    }
)


DECODE = blocks.Decoder.decode


def varint(number: int) -> bytes:
    out = bytearray()
    number &= (1 << 64) - 1
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(key: int, content: bytes) -> bytes:
    return bytes([key]) + varint(len(content)) + content


def raw_value(tag: bytes, layout: str, number: bytes) -> bytes:
    before, after = LAYOUTS[layout]
    return (field(0x0A, tag) if tag else b"") + before + number + after


def raw_event(step: int | None, wall_time: float | None, values: Sequence[bytes]) -> bytes:
    time = b"" if wall_time is None else b"\x09" + struct.pack("<d", wall_time)
    count = b"" if step is None else b"\x10" + varint(step)
    return time + count + field(0x2A, b"".join(field(0x0A, value) for value in values))


def odd_event(draw: random.Random, step: int, tags: Sequence[bytes]) -> bytes:
    """What may stand between scalars: other kinds, session starts, records that say nothing."""
    tag = draw.choice(tags)
    rows = [[0, 1, draw.random()], [1, 2, 5]] * draw.choice([1, 2, 30])
    return draw.choice(
        [
            lambda: writer.session(draw.choice([writer.START, writer.STOP]), step),
            lambda: event(step, writer.histogram("h", [0, 1, 2], [1, 2, draw.random()])),
            lambda: event(step, writer.histogram("h", [], [])),
            lambda: event(step, writer.tf2_histogram("h2", rows)),
            lambda: event(step, writer.tf2_histogram("h2", rows, plugin=""), scalar(tag, 2.5)),
            lambda: event(step, writer.image("i", writer.png(1, 1))),
            lambda: event(step, writer.text("words", b"some")),
            lambda: event(step, writer.value(tag, metadata=writer.metadata("odd"))),
            lambda: event(step, writer.hparams_start({"lr": step % 3})),
            lambda: event(graph_def=writer.graph_def({"a": ("Const", [])})),
            lambda: writer.source("a writer"),
            lambda: b"\x0a\xff",
            lambda: b"",
        ]
    )()


def stream(draw: random.Random, tags: Sequence[bytes], layouts: Sequence[str]) -> list[bytes]:
    """The payloads of one file: for each step the tags in turn, now and then something else."""
    payloads = [event(file_version=b"brain.Event:2")] if draw.random() < 0.8 else []
    together = draw.random() < 0.3
    step = draw.choice(STEPS)
    for _ in range(draw.choice([2, 20, 60])):
        wall_time: float | None = 1.7e9 + draw.random()
        if draw.random() < 0.03:
            wall_time = draw.choice([0.0, float("nan"), float("inf"), -1.0, None])
        values = []
        for tag, layout in zip(tags, layouts, strict=True):
            form = draw.choice(list(LAYOUTS)) if draw.random() < 0.01 else layout
            number = struct.pack("<f", draw.choice([*NUMBERS, draw.gauss(0, 1)]))
            values.append(raw_value(tag, form, draw.choice([number, draw.randbytes(4)])))
        batches = [values] if together else [[value] for value in values]
        payloads += [raw_event(step or None, wall_time, batch) for batch in batches]
        if draw.random() < 0.1:
            payloads.append(odd_event(draw, step, tags))
        step = min(step + draw.choice([1, 1, 1, 1, 50, -3]), 2**63 - 1)
        step = max(step, -(2**63))
    return payloads


@st.composite
def tags_and_layouts(draw: st.DrawFn) -> tuple[list[bytes], list[str]]:
    sizes = st.sampled_from([0, 1, 3, 8, 8, 8, 17, 40, 130, 300])
    letters = st.sampled_from([b"a", b"b", b"/", b"_", "é".encode(), b"\xff", b"\\xff"])
    tag = sizes.flatmap(lambda size: st.lists(letters, min_size=size, max_size=size))
    tags = draw(st.lists(tag.map(b"".join), min_size=1, max_size=6))
    usual = st.sampled_from(COMMON)
    layouts = [draw(usual | st.sampled_from(list(LAYOUTS))) for _ in tags]
    return tags, layouts


@settings(max_examples=120)
@given(
    seed=st.integers(0, 2**32),
    made=tags_and_layouts(),
    harm=st.lists(st.lists(damages(), max_size=3), min_size=1, max_size=4),
    small=LIMITS,
    supersede=st.booleans(),
)
def test_any_mix_of_layouts_and_damage(seed, made, harm, small, supersede):
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        for index, some in enumerate(harm):
            data = b"".join(map(frame, stream(draw, *made)))
            for damage in some:
                data = damage.apply(data)
            writer.write_bytes(Path(folder, f"run{index // 2}"), data, f"a.tfevents.{index}")
        with limits(**small):
            check(Path(folder), supersede=supersede)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 8000, 100_000])
def test_tags_of_any_length(tmp_path, size):
    tags = [b"", b"x" * size, b"y" * size]
    payloads = [
        raw_event(step, 1.7e9, [raw_value(tag, "legacy", struct.pack("<f", step))])
        for step in range(1, 60)
        for tag in tags
    ]
    writer.write_bytes(tmp_path, b"".join(map(frame, payloads)))
    (run,) = check(tmp_path).runs
    assert {len(series) for series in run.scalars.values()} <= {59, 118, 177}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("start", STEPS)
def test_every_layout_and_length_of_step(tmp_path, layout, start):
    payloads = [
        raw_event(start + index, 1.7e9, [raw_value(b"tag", layout, struct.pack("<f", index))])
        for index in range(40)
    ]
    writer.write_bytes(tmp_path, b"".join(map(frame, payloads)))
    check(tmp_path)


def scalar_log(steps: int, tags: int = 5) -> bytes:
    return b"".join(
        frame(event(step, scalar(f"group/tag_{tag}", step + tag / 8)))
        for step in range(steps)
        for tag in range(tags)
    )


def test_scalars_are_read_in_bulk(tmp_path):
    writer.write_bytes(tmp_path, scalar_log(400))
    with mock.patch.object(events.Facts, "values", autospec=True) as alone:
        alone.return_value = []
        (run,) = read_logs(tmp_path).runs
    assert sum(len(series) for series in run.scalars.values()) == 2000 - alone.call_count
    assert alone.call_count < 20


def test_histograms_are_read_in_bulk(tmp_path):
    rng = np.random.default_rng(0)
    payloads = []
    for step in range(200):
        edges = np.sort(rng.normal(size=rng.integers(60, 90)))
        rows = np.column_stack([edges[:-1], edges[1:], rng.random(len(edges) - 1)])
        payloads.append(event(step, writer.histogram("old", edges, rng.random(len(edges)))))
        payloads.append(event(step, writer.tf2_histogram("new", rows)))
    writer.write_bytes(tmp_path, b"".join(map(frame, payloads)))
    with mock.patch.object(events.Facts, "values", autospec=True) as alone:
        (run,) = read_logs(tmp_path).runs
    assert alone.call_count == 0
    assert [len(series) for series in run.histograms.values()] == [200, 200]
    check(tmp_path)


@pytest.mark.parametrize("harm", [None, 100_000, 123_456, 400_000])
def test_histograms_are_read_in_larger_blocks(tmp_path, harm):
    rng = np.random.default_rng(1)
    payloads = []
    for step in range(600):
        edges = np.sort(rng.normal(size=rng.integers(20, 60)))
        rows = np.column_stack([edges[:-1], edges[1:], rng.random(len(edges) - 1)])
        payloads.append(event(step, writer.tf2_histogram(f"h{step % 7}" * (step % 3 + 1), rows)))
        payloads.append(event(step, writer.histogram("old", edges, rng.random(len(edges)))))
    data = bytearray(b"".join(map(frame, payloads)))
    if harm is not None:
        data[harm : harm + 40] = bytes(40)
    writer.write_bytes(tmp_path, bytes(data))
    with limits(few=1, block=1 << 14, large=1 << 16, small=0):
        with mock.patch.object(blocks.Decoder, "decode", autospec=True) as decode:
            decode.side_effect = DECODE
            check(tmp_path)
        assert max(call.args[2] for call in decode.call_args_list) == 1 << 16
        with mock.patch.object(crc, "_takes_arrays", return_value=False):
            check(tmp_path)


def test_a_flipped_bit_costs_one_value_wherever_it_is(tmp_path):
    data = scalar_log(20)
    size = len(data) // 100
    start = data.index(frame(event(10, scalar("group/tag_2", 10.25))))
    for place in range(start, start + size):
        flip = Damage("flip", (place + 0.5) / len(data), place % 8, b"")
        writer.write_bytes(tmp_path, flip.apply(data))
        with limits(few=4):
            (run,) = check(tmp_path).runs
        assert sum(len(series) for series in run.scalars.values()) == 99
        assert 10 not in run.scalars["group/tag_2"].steps


def test_tags_with_the_same_checksum_are_told_apart_by_their_text(tmp_path):
    polynomial = 0x11EDC6F41  # Castagnoli: what it divides has a CRC of 0
    bits = f"{polynomial:040b}"
    change = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, 40, 8))
    first = b"abcde"
    second = bytes(a ^ b for a, b in zip(first, change, strict=True))
    effect = 0
    for at, byte in enumerate(change):
        effect ^= int(crc.byte_effects(4 - at)[byte])
    assert effect == 0
    payloads = [
        raw_event(step, 1.7e9, [raw_value(tag, "legacy", struct.pack("<f", step))])
        for step in range(1, 100)
        for tag in (first, second)
    ]
    writer.write_bytes(tmp_path, b"".join(map(frame, payloads)))
    (run,) = check(tmp_path).runs
    assert [len(series) for series in run.scalars.values()] == [99, 99]


def test_many_small_files_are_those_that_they_are_alone(tmp_path):
    for index in range(60):
        data = scalar_log(12, tags=1 + index % 3)
        cut = {7: len(data) - 5, 11: 0, 13: 30}.get(index, len(data))
        flip = Damage("flip", 0.5, 3, b"")
        data = flip.apply(data) if index == 17 else data[:cut]
        writer.write_bytes(tmp_path / f"run{index // 2}", data, f"a.tfevents.{index}")
    with limits(block=1 << 15):
        logs = check(tmp_path)
    assert len(logs.runs) == 30
    assert len(logs.all_gaps) == 3


def test_a_file_that_vanishes_after_it_was_read_keeps_what_was_read(tmp_path):
    data = scalar_log(20)
    path = writer.write_bytes(tmp_path / "a", data[:-3])
    writer.write_bytes(tmp_path / "b", data)
    flush = files.FileReader.flush

    def vanish(reader: files.FileReader) -> None:
        path.unlink(missing_ok=True)
        flush(reader)

    with mock.patch.object(files.FileReader, "flush", vanish):
        first, second = read_logs(tmp_path).runs
    assert sum(len(series) for series in first.scalars.values()) == 99
    assert [gap.reason for gap in first.gaps] == ["can't be read: No such file or directory"]
    assert second.gaps == ()


def test_memory_is_bounded_by_blocks_and_not_by_the_file(tmp_path):
    image = random.Random(0).randbytes(50_000)
    records = [frame(event(step, writer.image("i", image))) for step in range(10)]
    path = writer.write_bytes(tmp_path, b"")
    with path.open("wb") as out:
        for _ in range(100):
            out.write(b"".join(records))
    assert path.stat().st_size > 50_000_000
    tracemalloc.start()
    (run,) = read_logs(tmp_path).runs
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert run.images["i"].logged == 1000
    assert peak < 20_000_000


def test_a_record_larger_than_a_block_is_read(tmp_path):
    data = random.Random(0).randbytes(9000)
    payloads = [
        event(0, scalar("a", 1)),
        event(1, writer.image("i", data)),
        event(2, scalar("a", 2)),
    ]
    writer.write_bytes(tmp_path, b"".join(map(frame, payloads)))
    with limits(block=4096, least=1024, small=0):
        (run,) = check(tmp_path).runs
    assert run.images["i"].images[0][0].data == data
    assert run.scalars["a"].values.tolist() == [1, 2]


def test_files_of_a_real_writer(tmp_path):
    rng = np.random.default_rng(0)
    for run in ("first", "second"):
        with SummaryWriter(str(tmp_path / run)) as out:
            for step in range(300):
                out.add_scalar("loss/train", rng.random(), step)
                out.add_scalar("loss/test", float("nan") if step == 9 else rng.random(), step)
                if step % 3 == 0:
                    out.add_histogram("weights", rng.normal(size=500), step)
                if step % 100 == 0:
                    out.add_image("image", rng.random((3, 8, 8)), step)
                    out.add_text("text", f"step *{step}*", step)
                    out.add_pr_curve("curve", rng.integers(0, 2, 50), rng.random(50), step)
            out.add_hparams({"lr": 0.1}, {"best": 0.5}, name="")
    first, _ = check(tmp_path).runs[:2]
    assert len(first.scalars["loss/train"]) == 300
    assert len(first.histograms["weights"]) == 100


def test_real_logs(real_log):
    try:
        logs = check(real_log)
    except InputError:
        pytest.skip("holds no event file")
    assert logs.runs


@pytest.mark.slow
def test_bad_logs(shared_tools, tmp_path):
    generator = shared_tools / "badlogs.py"
    if not generator.exists():
        pytest.skip("needs shared/tools/badlogs.py beside the checkout")
    subprocess.run([sys.executable, generator, tmp_path], check=True, capture_output=True)
    cases = sorted(path for path in tmp_path.iterdir() if path.is_dir())
    assert len(cases) > 50
    for case in cases:
        try:
            check(case)
        except InputError:
            assert case.name in ("empty", "no_events")


@pytest.mark.slow
def test_mutants(tmp_path):
    draw = random.Random(2)
    layouts = ["legacy", "content with metadata", "legacy"]
    whole = b"".join(map(frame, stream(draw, [b"loss", b"a/long/name/of/a/tag", b"lr"], layouts)))
    for number in range(200):
        data = whole
        for _ in range(draw.choice([1, 1, 2, 5])):
            size = draw.choice([1, 16, 200, 3000])
            kind = draw.choice(["flip", "zero", "cut", "insert", "repeat", "swap", "truncate"])
            data = Damage(kind, draw.random(), size, draw.randbytes(size)).apply(data)
        writer.write_bytes(tmp_path / f"run{number}", data)
    with limits(few=8, block=1 << 14):
        check(tmp_path)


def test_tags_that_are_not_wanted_take_no_memory(tmp_path):
    rng = np.random.default_rng(0)
    rows = np.column_stack([np.arange(300.0), np.arange(1, 301.0), rng.random(300)])
    payloads = []
    for step in range(400):
        payloads += [event(step, writer.tf2_histogram(f"h{tag}", rows)) for tag in range(10)]
    writer.write_bytes(tmp_path, b"".join(map(frame, payloads)))
    tracemalloc.start()
    (run,) = read_logs(tmp_path, tags="h3").runs
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert list(run.histograms) == ["h3"]
    assert kept < 2 * 400 * rows.nbytes
    check(tmp_path, tags="h3")
