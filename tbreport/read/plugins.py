"""Payloads that TensorBoard's plugins put into metadata and string tensors, as typed values.

Each function takes the bytes of one payload and raises BadPayload when they are not what they are
said to be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tbreport.model import HParam, HParams, LayoutCategory, LayoutChart
from tbreport.read.wire import DecodeError, message

_STATUS = {0: "unknown", 1: "success", 2: "failure", 3: "running"}


class BadPayload(ValueError):
    """The bytes are not the message they are said to be; the text says which."""


def parse(name: str, data: bytes) -> Any:
    """The message ``name`` of tbreport.proto in ``data``; raises BadPayload."""
    try:
        return message(name).FromString(data)
    except DecodeError as error:
        raise BadPayload(f"not a {name}") from error


def text(data: bytes) -> str:
    """UTF-8, with bytes that are not shown as ``\\xNN``."""
    return data.decode("utf-8", "backslashreplace")


def layout(data: bytes) -> tuple[LayoutCategory, ...]:
    """A custom-scalars ``Layout``."""
    return tuple(
        LayoutCategory(
            text(category.title), tuple(_layout_chart(c) for c in category.chart), category.closed
        )
        for category in parse("Layout", data).category
    )


def _layout_chart(chart: Any) -> LayoutChart:
    margins = tuple(
        (text(series.value), text(series.lower), text(series.upper))
        for series in chart.margin.series
    )
    return LayoutChart(text(chart.title), tuple(text(t) for t in chart.multiline.tag), margins)


def hparams(payloads: Iterable[bytes]) -> HParams | None:
    """One session from all ``HParamsPluginData`` of a run: experiment, start and end, in any order.

    Returns None when none of them says anything about a session. Raises BadPayload.
    """
    values: dict[str, HParam] = {}
    metrics: list[tuple[str, str]] = []
    group, status, start, end = "", "unknown", math.nan, math.nan
    said = False
    for payload in payloads:
        data = parse("HParamsPluginData", payload)
        for info in data.experiment.metric_infos:
            metrics.append((text(info.name.group), text(info.name.tag)))
        if data.HasField("session_start_info"):
            said = True
            info = data.session_start_info
            values.update((text(entry.key), _hparam(entry.value)) for entry in info.hparams)
            group, start = text(info.group_name) or group, info.start_time_secs or math.nan
        if data.HasField("session_end_info"):
            said = True
            status = _STATUS.get(data.session_end_info.status, "unknown")
            end = data.session_end_info.end_time_secs or math.nan
    if not (said or metrics):
        return None
    ordered = dict(sorted(values.items()))  # a protobuf map has no order of its own
    return HParams(ordered, tuple(dict.fromkeys(metrics)), group, status, start, end)


def _hparam(value: Any) -> HParam:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        return float(value.number_value)
    if kind == "bool_value":
        return bool(value.bool_value)
    return text(value.string_value)
