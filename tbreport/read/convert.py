"""What the values of each plugin must look like, and how they become a typed series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.model import (
    AudioClip,
    AudioSeries,
    EncodedImage,
    Floats,
    HistogramSeries,
    ImageSeries,
    MeshSeries,
    MeshStep,
    PrCurveSeries,
    ScalarSeries,
    TextSeries,
)
from tbreport.read import plugins
from tbreport.read.collect import HistogramValue

# The parts of a mesh by MeshPluginData.ContentType: name, dtype, lengths of the last axis.
MESH_PARTS = {
    1: ("vertices", "f4", (3,)),
    2: ("faces", "i4", (3,)),
    3: ("colors", "u1", (3, 4)),
}
MAX_DIGITS = 9  # of an image's width or height; Python refuses to read numbers of thousands


class Unfit(ValueError):
    """A value that does not have the shape its plugin promises; the text says what it is."""


def first_bytes(value: Any) -> bytes:
    """The bytes in a tensor of one string. Raises Unfit."""
    if value.dtype != object or value.size != 1:
        raise Unfit("not one string")
    return bytes(value.reshape(-1)[0])


def _is_real(value: Any) -> bool:
    return value.dtype != object and not np.iscomplexobj(value)


def _scalar(value: Any) -> float:
    if isinstance(value, float):
        return value
    if value.size != 1 or not _is_real(value):
        raise Unfit(f"not a scalar but {_describe(value)}")
    return float(value.reshape(-1)[0])


def _describe(value: Any) -> str:
    kind = "strings" if value.dtype == object else str(value.dtype)
    return f"{kind} of shape {list(value.shape)}"


def _histogram(value: Any) -> HistogramValue | Floats:
    if isinstance(value, HistogramValue):
        return value
    if not _is_real(value) or value.ndim != 2 or value.shape[1] != 3:
        raise Unfit(f"not a histogram but {_describe(value)}")
    rows: Floats = value.astype(np.float64)
    return rows


def _images(value: Any) -> tuple[EncodedImage, ...]:
    if isinstance(value, EncodedImage):
        return (value,)
    if value.dtype != object or value.ndim != 1 or len(value) < 2:
        raise Unfit(f"not images but {_describe(value)}")
    width, height = (
        int(side) if side.isdigit() and len(side) <= MAX_DIGITS else 0 for side in value[:2]
    )
    return tuple(EncodedImage(data, width, height) for data in value[2:])


def _clips(value: Any) -> tuple[AudioClip, ...]:
    if isinstance(value, AudioClip):
        return (value,)
    if value.dtype != object or not value.size:
        raise Unfit(f"not audio but {_describe(value)}")
    if value.ndim == 2 and value.shape[1] == 2:
        return tuple(
            AudioClip(data, "audio/wav", 0.0, plugins.text(label)) for data, label in value
        )
    return tuple(AudioClip(data, "audio/wav") for data in value.reshape(-1))


def _texts(value: Any) -> Any:
    if value.dtype != object:
        raise Unfit(f"not text but {_describe(value)}")
    result = np.empty(value.shape, object)
    result.reshape(-1)[:] = [plugins.text(item) for item in value.reshape(-1)]
    return result


def _pr_curve(value: Any) -> Floats:
    if not _is_real(value) or value.ndim != 2 or value.shape[0] != 6:
        raise Unfit(f"not a PR curve but {_describe(value)}")
    curve: Floats = value.astype(np.float64)
    return curve


def _histogram_series(common: dict[str, Any], values: list[Any]) -> HistogramSeries:
    exact = np.array([isinstance(value, HistogramValue) for value in values], bool)
    moments = np.array([_moments(value) for value in values]).reshape(-1, 5)
    edges = tuple(v.limits if isinstance(v, HistogramValue) else v[:, :2] for v in values)
    counts = tuple(v.counts if isinstance(v, HistogramValue) else v[:, 2] for v in values)
    return HistogramSeries(
        **common,
        edges=edges,
        counts=counts,
        exact=exact,
        minimum=moments[:, 0],
        maximum=moments[:, 1],
        num=moments[:, 2],
        sum=moments[:, 3],
        sum_squares=moments[:, 4],
    )


def _moments(value: HistogramValue | Floats) -> tuple[float, ...]:
    """min, max, num, sum and sum of squares; NaN where the dialect does not keep them."""
    if isinstance(value, HistogramValue):
        return (value.minimum, value.maximum, value.num, value.sum, value.sum_squares)
    num = float(value[:, 2].sum())
    if not num > 0:
        return (np.nan, np.nan, num, np.nan, np.nan)
    return (float(value[0, 0]), float(value[-1, 1]), num, np.nan, np.nan)


def mesh_part(content_type: int, value: Any) -> NDArray[Any]:
    """One part of a batch of meshes: shape (batch, n, 3), colours also (..., 4). Raises Unfit."""
    name, dtype, lengths = MESH_PARTS[content_type]
    if not _is_real(value) or value.ndim != 3 or value.shape[2] not in lengths:
        raise Unfit(f"not {name} of a mesh but {_describe(value)}")
    with np.errstate(invalid="ignore", over="ignore"):  # what the dtype can't hold
        part: NDArray[Any] = value.astype(dtype)
    return part


def mesh_series(found: dict[str, tuple[dict[str, Any], list[Any]]], config: str) -> MeshSeries:
    """Join the parts of one mesh on their steps; the vertices say which steps there are."""
    common, _ = found.get("vertices") or next(iter(found.values()))
    parts = {
        name: dict(zip(steps["steps"].tolist(), values, strict=True))
        for name, (steps, values) in found.items()
    }
    meshes = tuple(
        MeshStep(*(parts.get(name, {}).get(step) for name, _, _ in MESH_PARTS.values()))
        for step in common["steps"].tolist()
    )
    return MeshSeries(**common, meshes=meshes, config=config)


MAKERS: dict[str, tuple[Callable[[Any], Any], Callable[[dict[str, Any], list[Any]], Any]]] = {
    "scalars": (
        _scalar,
        lambda common, values: ScalarSeries(**common, values=np.array(values, np.float64)),
    ),
    "histograms": (_histogram, _histogram_series),
    "images": (_images, lambda common, values: ImageSeries(**common, images=tuple(values))),
    "audio": (_clips, lambda common, values: AudioSeries(**common, clips=tuple(values))),
    "text": (_texts, lambda common, values: TextSeries(**common, texts=tuple(values))),
    "pr_curves": (
        _pr_curve,
        lambda common, values: PrCurveSeries(**common, curves=tuple(values)),
    ),
}
