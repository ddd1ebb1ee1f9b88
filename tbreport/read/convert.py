"""What the values of each plugin must look like, and how they become a typed series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
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
    Ints,
    MeshSeries,
    MeshStep,
    PrCurveSeries,
    ScalarSeries,
    TensorSeries,
    TextSeries,
)
from tbreport.read import plugins
from tbreport.read.payloads import Buckets, HistogramValue, Payloads, unpacked

# The parts of a mesh by MeshPluginData.ContentType: name, dtype, lengths of the last axis.
MESH_PARTS = {
    1: ("vertices", "f4", (3,)),
    2: ("faces", "i4", (3,)),
    3: ("colors", "u1", (3, 4)),
}
_MOMENTS = ("minimum", "maximum", "num", "sum", "sum_squares")
MAX_DIGITS = 9  # of an image's width or height; Python refuses to read numbers of thousands

Common = dict[str, Any]  # the fields that every series has


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


def _histogram(value: Any) -> Buckets:
    if isinstance(value, HistogramValue):
        moments = (value.minimum, value.maximum, value.num, value.sum, value.sum_squares)
        sizes = np.array([len(value.limits)])
        return Buckets.of_protos(value.limits, value.counts, sizes, np.array([moments]))
    if not _is_real(value) or value.ndim != 2 or value.shape[1] != 3:
        raise Unfit(f"not a histogram but {_describe(value)}")
    rows: Floats = value.astype(np.float64)
    return Buckets.of_rows(rows, np.array([len(rows)]))


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


def _tensors(common: Common, values: list[Any], plugin: str = "") -> TensorSeries:
    return TensorSeries(**common, values=tuple(values), plugin=plugin)


class Converter:
    """How payloads of one plugin become values, and these a series; values are a list here.

    ``one`` converts a payload or raises Unfit; ``make`` gets the common fields of a series.
    """

    def __init__(
        self, one: Callable[[Any], Any], make: Callable[[Common, Any], Any] = _tensors
    ) -> None:
        self._one = one
        self.make = make

    def convert(self, payloads: Payloads) -> tuple[Any, dict[int, str]]:
        """The values, without those that do not fit; of these the place and what they are.

        A payload that was thinned out is None and stays.
        """
        values, misfits = [], {}
        for place, payload in enumerate(unpacked(payloads)):
            try:
                values.append(None if payload is None else self._one(payload))
            except Unfit as error:
                misfits[place] = str(error)
        return values, misfits

    def join(self, parts: Sequence[Any]) -> Any:
        """The values of several parts in one."""
        return [value for part in parts for value in part]

    def pick(self, values: Any, places: Ints) -> Any:
        """The values at ``places``."""
        return [values[place] for place in places.tolist()]

    def present(self, values: Any) -> NDArray[np.bool_] | None:
        """Which values were not thinned out; None if none was."""
        present = [value is not None for value in values]
        return None if all(present) else np.array(present)


class _Scalars(Converter):
    """Values are a float64 array."""

    def convert(self, payloads: Payloads) -> tuple[Floats, dict[int, str]]:
        if isinstance(payloads, np.ndarray):
            return payloads.astype(np.float64), {}
        values, misfits = super().convert(payloads)
        return np.array(values, np.float64), misfits

    def join(self, parts: Sequence[Floats]) -> Floats:
        return np.concatenate(parts)

    def pick(self, values: Floats, places: Ints) -> Floats:
        return values[places]

    def present(self, values: Floats) -> None:
        return None


class _Histograms(Converter):
    """Values are ``Buckets``."""

    def convert(self, payloads: Payloads) -> tuple[Buckets, dict[int, str]]:
        if isinstance(payloads, Buckets):
            return payloads, {}
        values, misfits = super().convert(payloads)
        return Buckets.join(values), misfits

    def join(self, parts: Sequence[Buckets]) -> Buckets:
        return Buckets.join(parts)

    def pick(self, values: Buckets, places: Ints) -> Buckets:
        return values.pick(places)

    def present(self, values: Buckets) -> None:
        return None


def _histogram_series(common: Common, values: Buckets) -> HistogramSeries:
    moments = dict(zip(_MOMENTS, values.moments.T, strict=True))
    return HistogramSeries(
        **common, edges=values.edges, counts=values.counts, exact=values.legacy, **moments
    )


CONVERTERS = {
    "scalars": _Scalars(_scalar, lambda common, values: ScalarSeries(**common, values=values)),
    "histograms": _Histograms(_histogram, _histogram_series),
    "images": Converter(
        _images, lambda common, values: ImageSeries(**common, images=tuple(values))
    ),
    "audio": Converter(_clips, lambda common, values: AudioSeries(**common, clips=tuple(values))),
    "text": Converter(_texts, lambda common, values: TextSeries(**common, texts=tuple(values))),
    "pr_curves": Converter(
        _pr_curve, lambda common, values: PrCurveSeries(**common, curves=tuple(values))
    ),
}


def as_logged(plugin: str) -> Converter:
    """Leaves tensors as they are, for the series of a plugin that nothing is known about."""
    return Converter(lambda value: value, partial(_tensors, plugin=plugin))
