"""What numpy has no quick word for: unaligned numbers, and the first of each value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Ints


def numbers_at(buffer: NDArray[np.uint8], dtype: str, places: Ints) -> NDArray[Any]:
    """The numbers that stand at ``places`` of ``buffer``, aligned or not."""
    count = len(buffer) - np.dtype(dtype).itemsize + 1
    numbers: NDArray[Any] = np.ndarray((count,), dtype, buffer, strides=(1,))
    return numbers[places]


def bytes_at(buffer: NDArray[np.uint8], starts: Ints, stops: Ints) -> list[bytes]:
    """The bytes of each stretch; quick where few lengths differ."""
    lengths = stops - starts
    found = np.full(len(starts), b"", object)
    for length in set(lengths.tolist()) - {0}:
        same = lengths == length
        found[same] = numbers_at(buffer, f"V{length}", starts[same]).astype(object)
    texts: list[bytes] = found.tolist()
    return texts


def first_of_each(values: NDArray[Any]) -> Ints:
    """Where each distinct value comes first, in order of the values.

    As ``np.unique`` with ``return_index``, which would import all of ``numpy.ma``.
    """
    order = values.argsort(kind="stable")
    ordered = values[order]
    is_first = np.ones(len(values), bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    first: Ints = order[is_first]
    return first
