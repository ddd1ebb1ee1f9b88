"""Moran's I: whether neighbouring pixels are more alike than chance makes them.

Cliff and Ord, Spatial Processes (1981): the four neighbours of each pixel, and the moments under
normality; 0.146 is the deviation for 5 x 5 (0.145 measured), and for uniform pixels it differs by
less than 2 %.
"""

from __future__ import annotations

import numpy as np

from tbreport.model import Floats


def moran(images: Floats) -> Floats:
    """Moran's I of each image: from shape (n, height, width) to (n,); NaN for a constant one.

    I = pixels / (edges * sum x²) * sum over edges x_i x_j of the centred pixels.
    """
    centred = images - images.mean(axis=(1, 2), keepdims=True)
    height, width = images.shape[1:]
    power = (centred**2).sum(axis=(1, 2))
    pairs = (centred[:, :, 1:] * centred[:, :, :-1]).sum(axis=(1, 2))
    pairs += (centred[:, 1:] * centred[:, :-1]).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = height * width / _edges(height, width) * pairs / power
        result: Floats = np.where(power > 0, scaled, np.nan)
    return result


def by_chance(height: int, width: int) -> tuple[float, float]:
    """Mean and standard deviation of Moran's I of one image of independent pixels."""
    count, edges = height * width, _edges(height, width)
    degrees = np.zeros((height, width))
    degrees[1:] += 1
    degrees[:-1] += 1
    degrees[:, 1:] += 1
    degrees[:, :-1] += 1
    s0, s1, s2 = 2 * edges, 4 * edges, 4 * float((degrees**2).sum())
    mean = -1 / (count - 1)
    second = (count**2 * s1 - count * s2 + 3 * s0**2) / ((count**2 - 1) * s0**2)
    return mean, float(np.sqrt(second - mean**2))


def excess(images: Floats) -> float:
    """How many standard errors the mean of Moran's I is above that of independent pixels.

    ``images`` have shape (n, height, width); constant ones do not count, NaN where all are.
    """
    values = moran(images)
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan")
    mean, deviation = by_chance(*images.shape[1:])
    return float((values.mean() - mean) / deviation * np.sqrt(len(values)))


def _edges(height: int, width: int) -> int:
    """Pairs of neighbours."""
    return height * (width - 1) + width * (height - 1)
