"""Banks of convolution kernels: their layout, and measures of how much structure they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.model import TensorSeries
from tbreport.moran import excess, moran
from tbreport.roles import Quantity, histogram_role

Floats = NDArray[np.float64]

LEAST_KERNELS, LEAST_SIDE = 8, 5  # below, noise and structure can't be told apart
MOST_CHANNELS = 4  # of a first layer; deeper kernels have no images as input
DUPLICATE = 0.95  # |cosine| of centred kernels
DEAD = 1e-3  # of the largest norm in the bank
MOST_COMPARED = 512  # kernels whose pairs are compared


@dataclass(frozen=True)
class Structure:
    """Measures of a bank.

    ``smoothness`` is the mean of Moran's I over kernels and input channels, ``z`` its distance from
    that of independent pixels in standard errors (NaN where the bank is too small to tell);
    ``spread`` the ratio of the largest to the median norm; ``duplicates`` and ``dead`` count
    kernels.
    """

    smoothness: float
    z: float
    spread: float
    duplicates: int
    dead: int


def is_bank(value: NDArray[np.generic]) -> bool:
    """Whether the array can be kernels: rank 4, real, more than one pixel."""
    if value.ndim != 4 or value.dtype == object or np.iscomplexobj(value) or not value.size:
        return False
    layout = guess_layout(value.shape)
    height, width = value.shape[2:] if layout == "OIHW" else value.shape[:2]
    return bool(1 < height <= 31 and 1 < width <= 31)


def holds_banks(series: TensorSeries) -> bool:
    """Whether each logged tensor can be kernels, and the tag does not say gradients of them."""
    return (
        len(series) > 0
        and all(map(is_bank, series.values))
        and histogram_role(series.tag).quantity is not Quantity.GRADIENT
    )


def normalised(values: NDArray[np.generic], layout: str) -> Floats:
    """The bank as float64 (out, in, height, width); ``layout`` is "OIHW" or "HWIO"."""
    bank = np.asarray(values, np.float64)
    return bank.transpose(3, 2, 0, 1) if layout == "HWIO" else bank


def guess_layout(shape: tuple[int, ...]) -> str:
    """The layout of a rank-4 array by its shape: kernels are square and small, channels are not.

    Torch keeps (out, in, height, width), TensorFlow (height, width, in, out). Where both would do,
    torch's: TensorFlow's own checkpoints say so by their format.
    """
    torch_like = shape[2] == shape[3] and shape[2] <= 15
    tensorflow_like = shape[0] == shape[1] and shape[0] <= 15
    return "HWIO" if tensorflow_like and not torch_like else "OIHW"


def structure(bank: Floats) -> Structure:
    """The measures of a bank (out, in, height, width)."""
    flat = bank.reshape(len(bank), -1)
    norms = np.linalg.norm(flat, axis=1)
    largest = float(norms.max()) if len(norms) else 0.0
    median = float(np.median(norms)) if len(norms) else 0.0
    smoothness, z = _moran(bank)
    return Structure(
        smoothness,
        z,
        largest / median if median > 0 else float("nan"),
        _duplicates(flat),
        int((norms <= DEAD * largest).sum()) if largest > 0 else len(norms),
    )


def _moran(bank: Floats) -> tuple[float, float]:
    """The mean of Moran's I and its distance from that of noise in standard errors."""
    out, channels, height, width = bank.shape
    if height < 2 or width < 2:
        return float("nan"), float("nan")
    flat = bank.reshape(-1, height, width)
    values = moran(flat)
    values = values[np.isfinite(values)]
    observed = float(values.mean()) if len(values) else float("nan")
    if out < LEAST_KERNELS or min(height, width) < LEAST_SIDE or channels > MOST_CHANNELS:
        return observed, float("nan")
    return observed, excess(flat)


def _duplicates(flat: Floats) -> int:
    """Kernels that point the way of another one, or the opposite way."""
    centred = flat[:MOST_COMPARED] - flat[:MOST_COMPARED].mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1)
    alive = centred[norms > 0] / norms[norms > 0, None]
    if len(alive) < 2:
        return 0
    cosine = np.abs(alive @ alive.T)
    np.fill_diagonal(cosine, 0)
    return int((cosine.max(axis=1) > DUPLICATE).sum())


def tiles(bank: Floats, most: int) -> tuple[Floats, str]:
    """What a mosaic shows of a bank: (n, height, width) or (n, height, width, 3), and what it is.

    Three input channels are colours; of more, the one with the largest norm over the bank is shown.
    """
    shown = bank[:most]
    of = (
        f"{len(shown)} of {len(bank)} kernels" if len(shown) < len(bank) else f"{len(bank)} kernels"
    )
    if bank.shape[1] == 3:
        return shown.transpose(0, 2, 3, 1), f"{of} in colour"
    if bank.shape[1] == 1:
        return shown[:, 0], of
    strongest = int(np.linalg.norm(bank, axis=(2, 3)).sum(axis=0).argmax())
    return shown[:, strongest], f"{of}, input channel {strongest} of {bank.shape[1]}, the strongest"
