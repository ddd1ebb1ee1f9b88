"""The JSON of an earlier report, read again: whatever else stands in the file is told, not trusted.

``tbreport/report.schema.json`` describes the form. Only what a later report compares is read.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from tbreport.errors import InputError
from tbreport.model import (
    Baseline,
    Finding,
    Floats,
    Group,
    HParam,
    Reading,
    RunSummary,
    ScalarSummary,
    Severity,
    Thinned,
)
from tbreport.names import printable

SCHEMA_VERSION = 1  # counts up when a key goes or changes its meaning, not when one is added
LARGEST = 512_000_000  # bytes; a report of 8,000 series has about 10 MB
_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_STEPS = range(-(2**63), 2**63)
_SHOWN = 40  # characters of a value or a name in an error


def read_earlier(path: str | Path) -> Baseline:
    """The baseline that the JSON file holds. Raises InputError, which says where it is ill."""
    document = _Place(_document(path), f"{printable(str(path))}:")
    version = document.value.get("schema_version") if isinstance(document.value, dict) else None
    if version is None:
        document.refuse("is no JSON of a report of tbreport")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        document.refuse(f"was written with schema {_shown(version)}; this is {SCHEMA_VERSION}")
    runs = tuple(_run(place) for place in document["runs"].items())
    names = {run.name for run in runs}
    if len(names) != len(runs):
        document["runs"].refuse("has two runs of one name")
    checks = document["checks"].items()
    return Baseline(
        runs,
        groups=tuple(_group(place, names) for place in document["groups"].items()),
        findings=tuple(_finding(place) for place in document["findings"].items()),
        checked=frozenset(
            place["rule"].text() for place in checks if place["state"].text() != "not run"
        ),
    )


def _document(path: str | Path) -> Any:
    """What the file holds, as ``json`` gives it."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST:
                raise InputError(
                    f"{printable(str(path))}: {size:,} bytes are too many for a report"
                )
            data = file.read(LARGEST)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InputError(f"{printable(str(path))} can't be read: {why}") from error
    try:
        return json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{printable(str(path))} is no valid JSON: {why}") from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


class _Place:
    """A value of the document and where it stands, for errors."""

    def __init__(self, value: Any, where: str) -> None:
        self.value = value
        self.where = where

    def refuse(self, why: str) -> NoReturn:
        """Say what is wrong here."""
        raise InputError(f"{self.where} {why}")

    def __getitem__(self, key: str) -> _Place:
        fields = self.fields()
        if key not in fields:
            self.refuse(f"has no {key!r}")
        return _Place(fields[key], f"{self.where} {key}")

    def fields(self) -> Mapping[str, Any]:
        """The value, which is to be an object."""
        if not isinstance(self.value, dict):
            self.refuse(f"is to be an object, not {_shown(self.value)}")
        return self.value

    def members(self) -> Iterator[tuple[str, _Place]]:
        """The values of an object by key."""
        for key, value in self.fields().items():
            yield key, _Place(value, f"{self.where} {_shown(key)}")

    def items(self) -> Iterator[_Place]:
        """The values of a list."""
        if not isinstance(self.value, list):
            self.refuse(f"is to be a list, not {_shown(self.value)}")
        for index, value in enumerate(self.value):
            yield _Place(value, f"{self.where}[{index}]")

    def text(self) -> str:
        """The value, which is to be a string."""
        if not isinstance(self.value, str):
            self.refuse(f"is to be a string, not {_shown(self.value)}")
        return self.value

    def whole(self, least: int = 0) -> int:
        """The value, which is to be a whole number of 64 bits from ``least`` up."""
        if type(self.value) is not int or self.value not in _STEPS or self.value < least:
            self.refuse(f"is to be a whole number, not {_shown(self.value)}")
        return self.value

    def number(self) -> float:
        """The value, which is to be a number or a word for one that isn't finite."""
        if isinstance(self.value, str) and self.value in _WORDS:
            return _WORDS[self.value]
        if type(self.value) not in (int, float):
            self.refuse(f"is to be a number, not {_shown(self.value)}")
        try:
            number = float(self.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.refuse("is a number too large")
        return number

    def maybe(self) -> _Place | None:
        """This place, or None where it holds null."""
        return None if self.value is None else self


def _shown(value: object) -> str:
    """A value of the document in an error: short, and without what could hide or reverse it."""
    kinds = {dict: "an object", list: "a list", type(None): "null"}
    if type(value) in kinds:
        return kinds[type(value)]
    if type(value) is int and value not in _STEPS:
        return "a huge number"
    text = printable(repr(value) if isinstance(value, str) else json.dumps(value))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _run(place: _Place) -> RunSummary:
    times = [
        one.number() if (one := place[key].maybe()) else None
        for key in ("first_wall_time", "last_wall_time", "runtime")
    ]
    last_step = place["last_step"].maybe()
    return RunSummary(
        name=place["name"].text(),
        files=tuple(file.text() for file in place["files"].items()),
        size=place["bytes"].whole(),
        events=place["events"].whole(),
        values=place["values"].whole(),
        superseded=place["superseded"].whole(),
        last_step=last_step.whole(_STEPS.start) if last_step else None,
        first_wall_time=times[0],
        last_wall_time=times[1],
        runtime=times[2],
        status=place["status"].text() if place["status"].maybe() else "",
        hparams={name: _hparam(value) for name, value in place["hparams"].members()},
        scalars={tag: _scalar(value) for tag, value in place["metrics"].members()},
    )


def _hparam(place: _Place) -> HParam:
    """A setting: a string stays one, so a logged NaN is read as the word that it is shown as."""
    if isinstance(place.value, bool | str):
        return place.value
    return place.number()


def _scalar(place: _Place) -> ScalarSummary:
    mean = place["mean"].maybe()
    first, last = (_reading(place[key]) for key in ("first", "last"))
    low, high = (_reading(one) if (one := place[key].maybe()) else None for key in ("min", "max"))
    return ScalarSummary(
        count=place["count"].whole(least=1),
        finite=place["finite"].whole(),
        first=first,
        last=last,
        lowest=low,
        highest=high,
        mean=mean.number() if mean else None,
        curve=_curve(place["curve"]),
    )


def _reading(place: _Place) -> Reading:
    return Reading(place["value"].number(), place["step"].whole(_STEPS.start))


def _curve(place: _Place) -> Thinned:
    x, seconds, low = (_numbers(place[key]) for key in ("x", "seconds", "low"))
    high = _numbers(place["high"]) if "high" in place.fields() else low
    if len({len(x), len(seconds), len(low), len(high)}) > 1:
        place.refuse("has lists of different lengths")
    if not np.isfinite(x).all() or bool((x[1:] < x[:-1]).any()):
        place["x"].refuse("is to be finite numbers in ascending order")
    return Thinned(x, seconds, low, high)


def _numbers(place: _Place) -> Floats:
    return np.array([one.number() for one in place.items()], np.float64)


def _group(place: _Place, names: set[str]) -> Group:
    runs = tuple(run.text() for run in place["runs"].items())
    if not names.issuperset(runs):
        place["runs"].refuse("names a run that is not there")
    return Group(place["name"].text(), runs)


def _finding(place: _Place) -> Finding:
    severity = place["severity"].text()
    if severity not in list(Severity):
        place["severity"].refuse(f"is to be {', '.join(Severity)}, not {_shown(severity)}")
    return Finding(
        rule=place["rule"].text(),
        severity=Severity(severity),
        runs=tuple(run.text() for run in place["runs"].items()),
        message=place["message"].text(),
        remedy=place["remedy"].text(),
        tag=place["tag"].text(),
        consequences=tuple(title.text() for title in place["consequences"].items()),
    )
