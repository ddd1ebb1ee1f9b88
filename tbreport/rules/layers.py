"""Layers: the histograms of a training by what they are of, and what can be known of the values.

Writers of legacy histograms (torch, tensorboardX, TensorFlow 1) keep the exact sum of squares. What
TensorFlow 2 keeps (30 buckets of equal width) has an exact minimum and maximum only: measured on
heavy-tailed weights, an RMS from bucket mid-points is 53 % off, a mean of absolutes 233 %. So the
RMS is a pair of bounds here, equal where it is known, and rules compare the bound that is sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from tbreport.model import Floats, HistogramSeries, Run
from tbreport.roles import HistogramRole, Part, Quantity, histogram_role, tokens

_HEAD_WORDS = frozenset(
    {"out", "output", "outputs", "head", "classifier", "logits", "prediction", "predictions"}
)
_MOST_ELEMENTS = 2.0**53  # more is no number of elements, but what a damaged log says
_PLAIN_WORDS = frozenset(
    {"layer", "linear", "fc", "dense"}
)  # "out_layer" is a head, "out_proj" not


@dataclass(frozen=True, eq=False)
class Tensor:
    """One histogram series with its role, and what is known of its values."""

    run: str
    role: HistogramRole
    series: HistogramSeries

    @property
    def tag(self) -> str:
        """The tag it was logged under."""
        return self.series.tag

    @property
    def size(self) -> int:
        """How many elements the tensor has, 0 when every histogram is empty."""
        num = self.series.num[np.isfinite(self.series.num)]
        return int(min(num.max(initial=0.0), _MOST_ELEMENTS))

    @property
    def largest(self) -> Floats:
        """max |x| at every step, exact."""
        return np.maximum(np.abs(self.series.minimum), np.abs(self.series.maximum))

    @property
    def is_exact(self) -> bool:
        """Whether the sums of squares were kept."""
        return len(self.series) > 0 and not bool(np.isnan(self.series.sum_squares).all())

    def rms(self) -> tuple[Floats, Floats]:
        """The least and the greatest the RMS can be at every step; equal where it is exact."""
        series = self.series
        if self.is_exact:
            exact = _root(series.sum_squares / _positive(series.num))
            return exact, exact
        pairs = [_rms_bounds(series.buckets(index)) for index in range(len(series))]
        bounds = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return bounds[:, 0], bounds[:, 1]

    def spread(self) -> Floats:
        """The standard deviation at every step; NaN where the sums were not kept."""
        num = _positive(self.series.num)
        mean = self.series.sum / num
        return _root(np.maximum(self.series.sum_squares / num - mean * mean, 0.0))

    def movement(self) -> float:
        """The greatest change of minimum, maximum and RMS from first to last log, of its size.

        Infinite where either end is not finite.
        """
        series, (least, most) = self.series, self.rms()
        scale = float(most[0] if self.is_exact else self.largest[0])
        ends = [series.minimum, series.maximum, *([least] if self.is_exact else [])]
        changes = [abs(float(values[-1] - values[0])) for values in ends]
        if not np.isfinite([scale, *changes]).all():
            return float("inf")
        return max(changes) / scale if scale > 0 else float(max(changes) > 0)

    def fingerprints(self) -> Floats:
        """What identifies the values at every step: float64, shape (n, 5)."""
        series = self.series
        known = [series.minimum, series.maximum, series.num, series.sum, series.sum_squares]
        return np.nan_to_num(np.column_stack(known), nan=0.0)


@dataclass(frozen=True, eq=False)
class Weight:
    """A kernel with what was logged of the same parameter and of its bias."""

    values: Tensor
    gradient: Tensor | None = None
    bias: Tensor | None = None

    @property
    def layer(self) -> str:
        """The name of its layer."""
        return self.values.role.layer

    @property
    def name(self) -> str:
        """The shortest name that tells it from other parameters of its layer."""
        return self.values.role.parameter


@dataclass(frozen=True, eq=False)
class Layers:
    """Everything the histograms of a training show, in the order in which it was first logged.

    ``weights`` are kernels with more than one element; biases, normalisation, embeddings and
    positions are not among them, and ``gradients`` are those of kernels, whether or not the kernels
    themselves were logged. ``everything`` holds all series.
    """

    weights: tuple[Weight, ...] = ()
    gradients: tuple[Tensor, ...] = ()
    activations: tuple[Tensor, ...] = ()
    biases: tuple[Tensor, ...] = ()
    everything: tuple[Tensor, ...] = field(default=(), repr=False)


def layers(runs: Iterable[Run]) -> Layers:
    """Sort the histograms of the runs of one training by their roles."""
    everything = tuple(
        Tensor(run.name, histogram_role(tag), series)
        for run in runs
        for tag, series in run.histograms.items()
        if len(series)
    )
    by_role: dict[tuple[Quantity, Part], list[Tensor]] = {}
    for tensor in everything:
        by_role.setdefault((tensor.role.quantity, tensor.role.part), []).append(tensor)
    biases = by_role.get((Quantity.PARAMETER, Part.BIAS), [])
    near = _by_layer(biases)
    gradients = _by_parameter(by_role.get((Quantity.GRADIENT, Part.KERNEL), []))
    near_gradients = _by_layer(by_role.get((Quantity.GRADIENT, Part.BIAS), []))
    weights = [
        Weight(kernel, gradients.get(kernel.role.parameter), _bias_of(kernel, near))
        for kernel in by_role.get((Quantity.PARAMETER, Part.KERNEL), [])
    ]
    norms = {weight.name for weight in weights if _is_norm(weight.values, weight.bias)}
    norms |= {
        name for name, one in gradients.items() if _is_norm(one, _bias_of(one, near_gradients))
    }
    return Layers(
        tuple(one for one in weights if one.name not in norms and one.values.size > 1),
        tuple(one for name, one in gradients.items() if name not in norms and one.size > 1),
        tuple(one for one in everything if one.role.quantity is Quantity.ACTIVATION),
        tuple(biases),
        everything,
    )


def classes(found: Layers) -> tuple[int, bool]:
    """The number of outputs and whether a name vouches for it; (0, False) if there is no bias.

    It is the number of elements of the bias of the last layer; a layer called "head" is one for
    sure, otherwise the last one that was logged stands for it.
    """
    named = [one for one in found.biases if _is_head(one.role.layer)]
    if named:
        return named[-1].size, True
    return (found.biases[-1].size, False) if found.biases else (0, False)


def _is_head(layer: str) -> bool:
    words = {word.rstrip("0123456789") for word in tokens(layer.rpartition("/")[2])} - {""}
    return not words.isdisjoint(_HEAD_WORDS) and words <= _HEAD_WORDS | _PLAIN_WORDS


def _by_parameter(tensors: Iterable[Tensor]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for tensor in tensors:
        found.setdefault(tensor.role.parameter, tensor)
    return found


def _by_layer(tensors: Iterable[Tensor]) -> dict[tuple[str, str], list[Tensor]]:
    found: dict[tuple[str, str], list[Tensor]] = {}
    for tensor in tensors:
        found.setdefault((tensor.run, tensor.role.layer), []).append(tensor)
    return found


def _bias_of(kernel: Tensor, biases: Mapping[tuple[str, str], list[Tensor]]) -> Tensor | None:
    """The bias with the kernel's name ("weight_ih_l0": "bias_ih_l0"), else the only one there."""
    near = biases.get((kernel.run, kernel.role.layer), [])
    own = _own_name(kernel)
    for word in ("weights", "weight", "kernel"):
        for one in near:
            if word in own and _own_name(one) in (
                own.replace(word, "bias"),
                own.replace(word, "biases"),
            ):
                return one
    return near[0] if len(near) == 1 else None


def _own_name(tensor: Tensor) -> str:
    return tensor.role.parameter.rpartition("/")[2]


def _is_norm(kernel: Tensor, bias: Tensor | None) -> bool:
    """A "weight" of the size of its bias scales: LayerNorm inside Sequential is "0.0.weight"."""
    return bias is not None and 0 < kernel.size <= bias.size


def _positive(num: Floats) -> Floats:
    return np.where(num > 0, num, np.nan)


def _root(squares: Floats) -> Floats:
    return np.asarray(np.sqrt(squares), dtype=np.float64)


def _rms_bounds(buckets: Floats) -> tuple[float, float]:
    left, right, counts = buckets.T
    total = counts.sum()
    if not total > 0:
        return float("nan"), float("nan")
    far = np.maximum(left * left, right * right)
    near = np.where((left <= 0) & (right >= 0), 0.0, np.minimum(left * left, right * right))
    return float(np.sqrt(counts @ near / total)), float(np.sqrt(counts @ far / total))
