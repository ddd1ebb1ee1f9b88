"""Event files for tests, made without TensorBoard: framing, events, a value in every dialect.

A *value* function gives one ``Summary.Value``; ``event`` serializes an event that holds some;
``write`` frames events into a file. What a value needs beyond its defaults goes in as keywords::

    write(tmp_path / "run", event(0, scalar("loss", 1.0)), event(1, scalar("loss", 0.5)))
"""

from __future__ import annotations

import io
import json
import struct
import wave
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from PIL import Image

from tbreport.read.wire import message

T0 = 1_700_000_000.0  # seconds since 1970; an event's wall time is this plus its step
NAME = "events.out.tfevents.1700000000.host.1.0"
START, STOP, CHECKPOINT = 1, 2, 3  # SessionLog.SessionStatus
VERTICES, FACES, COLORS = 1, 2, 3  # MeshPluginData.ContentType
HPARAMS_START = "_hparams_/session_start_info"
HPARAMS_END = "_hparams_/session_end_info"
HPARAMS_EXPERIMENT = "_hparams_/experiment"
LAYOUT = "custom_scalars__config__"

# TensorFlow's DataType and the field of loose values, by the dtype that numpy has for it.
_TENSORS = {
    np.dtype("f4"): (1, "float_val"),
    np.dtype("f8"): (2, "double_val"),
    np.dtype("i4"): (3, "int_val"),
    np.dtype("u1"): (4, "int_val"),
    np.dtype("i2"): (5, "int_val"),
    np.dtype("i1"): (6, "int_val"),
    np.dtype("c8"): (8, "scomplex_val"),
    np.dtype("i8"): (9, "int64_val"),
    np.dtype("?"): (10, "bool_val"),
    np.dtype("u2"): (17, "int_val"),
    np.dtype("c16"): (18, "dcomplex_val"),
    np.dtype("f2"): (19, "half_val"),
    np.dtype("u4"): (22, "uint32_val"),
    np.dtype("u8"): (23, "uint64_val"),
}


def masked_crc(data: bytes) -> int:
    """TFRecord's masked CRC-32C."""
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def header(length: int) -> bytes:
    """The twelve bytes before a payload of ``length`` bytes."""
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc(packed))


def frame(payload: bytes, length: int | None = None) -> bytes:
    """One record; ``length`` is what its header claims, with a right checksum, if not the truth."""
    claimed = len(payload) if length is None else length
    return header(claimed) + payload + struct.pack("<I", masked_crc(payload))


def write(run: Path, *events: bytes, name: str = NAME, version: str = "brain.Event:2") -> Path:
    """Frame ``events`` into a file of the directory ``run``, after a version unless it is empty."""
    first = [event(file_version=version.encode())] if version else []
    return write_bytes(run, b"".join(map(frame, [*first, *events])), name)


def write_bytes(run: Path, data: bytes, name: str = NAME) -> Path:
    """Put ``data`` as they are into an event file of the directory ``run``."""
    run.mkdir(parents=True, exist_ok=True)
    path = run / name
    path.write_bytes(data)
    return path


def event(step: int = 0, *values: Any, wall_time: float | None = None, **fields: Any) -> bytes:
    """One serialized Event with ``values`` in its summary; ``fields`` are set as they are."""
    made = message("Event")(wall_time=T0 + step if wall_time is None else wall_time, step=step)
    made.summary.value.extend(values)
    if not values:
        made.ClearField("summary")
    for name, field in fields.items():
        if isinstance(field, bytes):
            setattr(made, name, field)
        else:
            getattr(made, name).CopyFrom(field)
    return made.SerializeToString()


def session(status: int, step: int = 0, path: str = "", wall_time: float | None = None) -> bytes:
    """An event that says that a session started, stopped or saved a checkpoint."""
    log = message("SessionLog")(status=status, checkpoint_path=path.encode())
    return event(step, wall_time=wall_time, session_log=log)


def source(writer: str) -> bytes:
    """An event that says what wrote the file."""
    return event(source_metadata=message("SourceMetadata")(writer=writer.encode()))


def tagged_run_metadata(tag: str, data: bytes, step: int = 0) -> bytes:
    """An event with a serialized RunMetadata, as ``FileWriter.add_run_metadata`` writes."""
    tagged = message("TaggedRunMetadata")(tag=tag.encode(), run_metadata=data)
    return event(step, tagged_run_metadata=tagged)


def value(tag: str | bytes, **fields: Any) -> Any:
    """One value of a summary; ``fields`` are those of ``Summary.Value``."""
    return message("Value")(tag=tag if isinstance(tag, bytes) else tag.encode(), **fields)


def metadata(plugin: str, content: bytes = b"", description: str = "") -> bytes:
    """A serialized SummaryMetadata."""
    data = message("PluginData")(plugin_name=plugin.encode(), content=content)
    made = message("SummaryMetadata")(plugin_data=data, summary_description=description.encode())
    return made.SerializeToString()


def tensor(array: Any, loose: bool = False, shape: Sequence[int] | None = None) -> bytes:
    """A serialized TensorProto; bytes in it make it one of strings, ``shape`` a liar.

    The numbers stand in ``tensor_content`` or, if ``loose``, in the field of their dtype.
    """
    array = np.asarray(array)
    made = message("Tensor")()
    for size in array.shape if shape is None else shape:
        made.tensor_shape.dim.add(size=size)
    if array.dtype.kind in "SO":
        made.dtype = 7
        made.string_val.extend(bytes(item) for item in array.reshape(-1))
        return made.SerializeToString()
    made.dtype, field = _TENSORS[array.dtype]
    if not loose:
        made.tensor_content = array.tobytes()
    elif array.dtype.kind == "c":
        flat = np.ascontiguousarray(array).reshape(-1)
        getattr(made, field).extend(flat.view(flat.real.dtype).tolist())
    else:
        flat = array.reshape(-1)
        getattr(made, field).extend((flat.view("u2") if array.dtype == "f2" else flat).tolist())
    return made.SerializeToString()


def strings(items: Any) -> Any:
    """An array of dtype object, so that numpy neither cuts nor pads the bytes in ``items``."""
    return np.asarray(items, object)


def tensor_value(
    tag: str | bytes, array: Any, plugin: str = "", content: bytes = b"", **more: Any
) -> Any:
    """A tensor under ``tag``, with metadata if ``plugin`` is given; ``more`` is for ``tensor``."""
    description = more.pop("description", "")
    meta = {"metadata": metadata(plugin, content, description)} if plugin else {}
    return value(tag, tensor=tensor(array, **more), **meta)


def scalar(tag: str | bytes, number: float, **fields: Any) -> Any:
    """A legacy scalar."""
    return value(tag, simple_value=number, **fields)


def tf2_scalar(tag: str, number: float, plugin: str = "scalars", **more: Any) -> Any:
    """A scalar as TensorFlow 2 writes it; give ``plugin=""`` for any but the first of a tag."""
    return tensor_value(tag, np.float32(number), plugin, **more)


def histogram(tag: str, limits: Sequence[float], counts: Sequence[float], **moments: float) -> Any:
    """A legacy histogram; ``moments`` (min, max, num, sum, sum_squares) are guessed if missing."""
    total = float(sum(counts))
    guess = {"min": limits[0], "max": limits[-1]} if len(limits) else {}
    made = message("Histogram")(
        **{"num": total, "sum": 0.0, "sum_squares": 0.0, **guess, **moments},
        bucket_limit=np.asarray(limits, "<f8").tobytes(),
        bucket=np.asarray(counts, "<f8").tobytes(),
    )
    return value(tag, histo=made.SerializeToString())


def tf2_histogram(tag: str, rows: Any, plugin: str = "histograms", **more: Any) -> Any:
    """A histogram of rows (left, right, count) as TensorFlow 2 writes it."""
    return tensor_value(tag, np.asarray(rows, "f8").reshape(-1, 3), plugin, **more)


def image(tag: str, data: bytes, width: int = 0, height: int = 0) -> Any:
    """A legacy image."""
    made = message("Image")(encoded_image_string=data, width=width, height=height)
    return value(tag, image=made.SerializeToString())


def tf2_images(tag: str, images: Sequence[bytes], width: int, height: int) -> Any:
    """A batch of images as TensorFlow 2 writes it."""
    sides = [str(width).encode(), str(height).encode()]
    return tensor_value(tag, strings([*sides, *images]), "images")


def audio(tag: str, data: bytes, content_type: str = "audio/wav", rate: float = 8000.0) -> Any:
    """A legacy sound."""
    made = message("Audio")(
        encoded_audio_string=data, content_type=content_type.encode(), sample_rate=rate
    )
    return value(tag, audio=made.SerializeToString())


def tf2_audio(tag: str, clips: Sequence[tuple[bytes, bytes]]) -> Any:
    """Sounds with their labels as TensorFlow 2 writes them."""
    return tensor_value(tag, strings(clips), "audio")


def text(tag: str, items: Any, plugin: str = "text") -> Any:
    """Text: bytes or nested lists of bytes."""
    return tensor_value(tag, strings(items), plugin)


def pr_curve(tag: str, rows: Any) -> Any:
    """A PR curve of six rows: TP, FP, TN, FN, precision, recall."""
    return tensor_value(tag, np.asarray(rows, "f4"), "pr_curves", loose=True)


def mesh(name: str, part: int, array: Any, config: str = "") -> Any:
    """One part of a mesh: its vertices, faces or colours."""
    data = message("MeshPluginData")(
        name=name.encode(), content_type=part, json_config=config.encode()
    )
    suffix = {VERTICES: "VERTEX", FACES: "FACE", COLORS: "COLOR"}.get(part, str(part))
    return tensor_value(f"{name}_{suffix}", array, "mesh", data.SerializeToString())


def hparams(tag: str, content: bytes) -> Any:
    """A value of the hparams plugin: metadata and nothing else."""
    return value(tag, metadata=metadata("hparams", content))


def hparams_start(values: Mapping[str, Any], group: str = "", start: float = 0.0) -> Any:
    """What a session was started with; numbers, bools, strings, None for a value with no field."""
    data = message("HParamsPluginData")()
    info = data.session_start_info
    info.group_name, info.start_time_secs = group.encode(), start
    for key, setting in values.items():
        entry = info.hparams.add(key=key.encode())
        entry.value.SetInParent()
        if isinstance(setting, bool):
            entry.value.bool_value = setting
        elif isinstance(setting, str):
            entry.value.string_value = setting.encode()
        elif setting is not None:
            entry.value.number_value = setting
    return hparams(HPARAMS_START, data.SerializeToString())


def hparams_end(status: int, end: float = 0.0) -> Any:
    """How a session ended: 1 is success, 2 failure, 3 running."""
    info = message("SessionEndInfo")(status=status, end_time_secs=end)
    data = message("HParamsPluginData")(session_end_info=info)
    return hparams(HPARAMS_END, data.SerializeToString())


def hparams_experiment(metrics: Iterable[tuple[str, str]]) -> Any:
    """The (group, tag) pairs of the metrics of an experiment."""
    data = message("HParamsPluginData")()
    data.experiment.SetInParent()
    for group, tag in metrics:
        name = message("MetricName")(group=group.encode(), tag=tag.encode())
        data.experiment.metric_infos.add(name=name)
    return hparams(HPARAMS_EXPERIMENT, data.SerializeToString())


def custom_scalars(categories: Mapping[str, Mapping[str, Sequence[Any]]]) -> Any:
    """A layout: category -> chart -> tags, or triples of (value, lower, upper) for margins."""
    layout = message("Layout")()
    for title, charts in categories.items():
        category = layout.category.add(title=title.encode())
        for name, content in charts.items():
            chart = category.chart.add(title=name.encode())
            for item in content:
                if isinstance(item, str):
                    chart.multiline.tag.append(item.encode())
                else:
                    names = dict(zip(("value", "lower", "upper"), item, strict=True))
                    chart.margin.series.add(**{key: tag.encode() for key, tag in names.items()})
    return tensor_value(LAYOUT, strings(layout.SerializeToString()), "custom_scalars")


def graph_def(nodes: Mapping[str, tuple[str, Sequence[str]]]) -> bytes:
    """A serialized GraphDef of node -> (op, inputs)."""
    made = message("GraphDef")()
    for name, (op, inputs) in nodes.items():
        made.node.add(name=name.encode(), op=op.encode(), input=[item.encode() for item in inputs])
    return made.SerializeToString()


def meta_graph_def(graph: bytes) -> bytes:
    """A serialized MetaGraphDef around a serialized GraphDef."""
    return message("MetaGraphDef")(graph_def=graph).SerializeToString()


def run_metadata(*graphs: bytes) -> bytes:
    """A serialized RunMetadata around serialized GraphDefs."""
    made = message("RunMetadata")()
    for graph in graphs:
        made.partition_graphs.add().ParseFromString(graph)
    return made.SerializeToString()


def keras_model(tag: str, config: Mapping[str, Any]) -> Any:
    """A Keras model's configuration as its callback writes it."""
    data = json.dumps({"class_name": "Functional", "config": config}).encode()
    return tensor_value(tag, strings(data), "graph_keras_model", b"1")


def png(width: int, height: int, colour: tuple[int, int, int] = (200, 80, 20)) -> bytes:
    """A PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def wav(samples: Sequence[int], rate: int = 8000) -> bytes:
    """A mono WAV of 16-bit samples."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(np.asarray(samples, "<i2").tobytes())
    return out.getvalue()
