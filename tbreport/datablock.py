"""Data blocks: the numbers of a chart as JSON that a page holds beside its picture.

Arrays are base64 of little-endian floats, as long as they need to be: "f" and 4 bytes a number, or
"d" and 8; evenly spaced ones are [first, distance, count].
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.sections.kit import Trace, Values

Floats = NDArray[np.float64]


def data_block(values: Values, number_of: Callable[[Trace], int]) -> str:
    """``values`` as JSON without a character that ends a script element.

    ``number_of`` gives what stands for a name: names would weigh more than values. Curves often
    share their steps, so those are listed once.
    """
    steps: dict[str, int] = {}
    traces = []
    for trace in values.traces:
        packed = _json(_packed(trace.x))
        place = steps.setdefault(packed, len(steps))
        smooth = [] if trace.smooth is None else [_packed(trace.smooth, short=True)]
        traces.append([number_of(trace), place, _packed(trace.y), trace.total, *smooth])
    head = _json(
        {
            "axis": values.x_axis,
            "x": values.x_range,
            "y": values.y_range,
            "log": values.log_y,
            "weight": values.weight,
            "traces": traces,
        }
    )
    return f'{head[:-1]},"steps":[{",".join(steps)}]}}'


def names_block(names: Iterable[tuple[str, str]]) -> str:
    """Each name and the classes of its colour, in the order of their numbers."""
    return _json(list(names))


def _json(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _packed(numbers: Floats, short: bool = False) -> str | list[float]:
    """``numbers`` in the shortest form that keeps them; ``short``: seven digits will do."""
    with np.errstate(all="ignore"):  # what goes beyond the range of a form is not equal in it
        if len(numbers) > 1:
            first, distance = numbers[0], numbers[1] - numbers[0]
            # The page works them out in the same way, so that they are the same to the last bit.
            if np.array_equal(first + distance * np.arange(len(numbers)), numbers):
                return [float(first), float(distance), len(numbers)]
        single = numbers.astype("<f4")
    if short or np.array_equal(single.astype(np.float64), numbers, equal_nan=True):
        return "f" + base64.b64encode(single.tobytes()).decode("ascii")
    return "d" + base64.b64encode(numbers.astype("<f8").tobytes()).decode("ascii")
