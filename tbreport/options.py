"""One frozen value with every choice a user can make: defaults < config file < command line."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tbreport.errors import InputError
from tbreport.gates import Gate, parse
from tbreport.limits import Limits

X_AXES = ("step", "relative", "wall")
FAIL_ON = ("", "warning", "error")
SMOOTHING_MAX = 0.999  # TensorBoard's slider ends there; at 1 a curve would never move
CONFIG_FILES = ("tbreport.toml", "pyproject.toml")  # the first of them with our settings counts

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(B|kB|MB|GB)", re.IGNORECASE)
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_RULE_OPTION = re.compile(r"([a-z0-9-]+)\.(\w+)=([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_PATTERNS = ("runs", "tags", "log_y", "group")
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


@dataclass(frozen=True)
class Options:
    """How the report is to be made; the field names are the config keys and the long flags.

    ``runs``, ``tags`` and ``log_y`` are regular expressions that a name is to match somewhere;
    empty means all (``log_y``: none). ``smoothing`` is TensorBoard's weight, from 0 to 0.999.
    ``metric`` are the tags of the main metrics, with ":min" or ":max" after each whose name does
    not tell which is better; empty means those that names suggest. One may be given as a string.
    ``group`` is a regular expression whose captures name the group of a run; empty groups runs that
    differ by seed only, "none" nothing. ``baseline`` is what the logs are compared with: a log
    directory, a run of theirs, or the JSON of an earlier report. ``json`` is the file to write
    what the report says to, "" for none.
    ``ignore`` are rules to leave out, ``rule_option`` thresholds as "RULE.threshold=NUMBER",
    ``fail_on`` the severity of findings from which on the command line exits with 1, ``fail_if``
    gates as ``tbreport.gates`` reads them, which make it exit with 1 too.
    ``markdown`` and ``junit`` are files to write a summary and the test cases to, ``csv`` a folder
    for all points of scalars; "" for none, "-" for standard output (files only).
    ``data`` puts the numbers of curves into the page, for exact values and zooming there.
    ``limit`` moves limits on what logs may claim, as "NAME=NUMBER".
    ``max_size`` is what a report may weigh, as a number with B, kB, MB or GB (powers of 1,000), or
    "none"; a larger one is reduced and says by what. ``jobs`` counts processes, 0 for one per
    processor. Raises InputError where a value can't be used.
    """

    output: str = "report.html"
    title: str = ""
    comment: str = ""
    runs: str = ""
    tags: str = ""
    section: tuple[str, ...] = ()
    skip_section: tuple[str, ...] = ()
    smoothing: float = 0.6
    x_axis: str = "step"
    log_y: str = ""
    metric: tuple[str, ...] = ()
    group: str = ""
    image_steps: int = 6
    data: bool = True
    limit: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rule_option: tuple[str, ...] = ()
    fail_on: str = ""
    fail_if: tuple[str, ...] = ()
    markdown: str = ""
    csv: str = ""
    junit: str = ""
    baseline: str = ""
    json: str = ""
    max_size: str = "10MB"
    jobs: int = 0
    strict: bool = False
    stamp: bool = False
    quiet: bool = False
    verbose: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.metric, str):
            object.__setattr__(self, "metric", (self.metric,))
        object.__setattr__(self, "metric", tuple(filter(None, self.metric)))
        for name in _PATTERNS:
            _check_pattern(name, getattr(self, name))
        if not 0 <= self.smoothing <= SMOOTHING_MAX:
            raise InputError(f"smoothing is to be from 0 to {SMOOTHING_MAX}, not {self.smoothing}")
        if self.x_axis not in X_AXES:
            raise InputError(f"x_axis is to be one of {', '.join(X_AXES)}, not {self.x_axis!r}")
        if self.image_steps < 1:
            raise InputError(f"image_steps is to be 1 or more, not {self.image_steps}")
        if self.jobs < 0:
            raise InputError(f"jobs is to be 0 (one per processor) or more, not {self.jobs}")
        if self.fail_on not in FAIL_ON:
            raise InputError(f"fail_on is to be warning, error or empty, not {self.fail_on!r}")
        _ = self.limits, self.gates, self.bounds, self.max_bytes
        if not self.output:
            raise InputError("output is empty; name a file, a folder or - for standard output")
        self._check_places()

    def _check_places(self) -> None:
        """No two outputs may go to one place, and a folder not to standard output."""
        if self.csv == "-":
            raise InputError("csv is a folder of files; name one, not -")
        named: dict[str, str] = {}
        for name in ("output", "json", "markdown", "junit"):
            place = getattr(self, name)
            if place and named.setdefault(place, name) != name:
                raise InputError(f"{named[place]} and {name} can't both go to {place}")

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates in ``fail_if``, in their order."""
        return tuple(map(parse, self.fail_if))

    @property
    def max_bytes(self) -> int | None:
        """``max_size`` in bytes; None for "none"."""
        if self.max_size == "none":
            return None
        match = _SIZE.fullmatch(self.max_size)
        if match is None:
            raise InputError(
                f"max_size is to be a size such as 10MB or none, not {self.max_size!r}"
            )
        return round(float(match[1]) * _UNITS[match[2].lower()])

    @property
    def limits(self) -> dict[str, dict[str, float]]:
        """The thresholds in ``rule_option`` by rule and name: {"overfitting": {"rise": 0.3}}."""
        found: dict[str, dict[str, float]] = {}
        for text in self.rule_option:
            match = _RULE_OPTION.fullmatch(text)
            if match is None:
                raise InputError(f"rule_option is to be RULE.threshold=NUMBER, not {text!r}")
            found.setdefault(match[1], {})[match[2]] = float(match[3])
        return found

    @property
    def bounds(self) -> Limits:
        """How much of the logs is believed and kept: the defaults, as moved by ``limit``."""
        return Limits.of(self.limit)


def load_options(
    choices: Mapping[str, Any],
    *,
    config: Path | None = None,
    directory: Path | None = None,
) -> Options:
    """Options from ``choices`` (by field name) over those of the config file over the defaults.

    ``config`` names the file; without it the one of ``directory`` is taken, if there is one:
    ``tbreport.toml``, else ``[tool.tbreport]`` in ``pyproject.toml``. Raises InputError, which
    names file and key, where the file can't be read or says what can't be used.
    """
    settings: dict[str, Any] = {}
    if config is not None:
        settings = _checked(_settings(config), config)
    elif directory is not None:
        for path in (directory / name for name in CONFIG_FILES):
            found = _settings(path) if path.is_file() else {}
            if found:
                settings = _checked(found, path)
                break
    return Options(**{**settings, **choices})


def close_match(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'this'?" where a known name is close, else their list."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(names)}"


def _settings(path: Path) -> dict[str, Any]:
    """The table of our settings in a TOML file; ``pyproject.toml`` holds it for many tools."""
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no valid TOML: {error}") from error
    if path.name != "pyproject.toml":
        return document
    tool = document.get("tool")
    found = tool.get("tbreport", {}) if isinstance(tool, dict) else {}
    if not isinstance(found, dict):
        raise InputError(f"{path}: tool.tbreport is to be a table")
    return found


def _checked(settings: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """``settings`` with right names and types, "-" in a key read as "_"."""
    types = typing.get_type_hints(Options)
    values: dict[str, Any] = {}
    for key, value in settings.items():
        name = key.replace("-", "_")
        if name not in types:
            known = [field.name for field in fields(Options)]
            raise InputError(f"{path}: unknown key {key!r}{close_match(name, known)}")
        values[name] = _typed(value, types[name], f"{path}: {key}")
    try:
        Options(**values)
    except InputError as error:
        raise InputError(f"{path}: {error}", *error.shown) from error
    return values


def _typed(value: object, kind: Any, where: str) -> object:
    """``value`` as ``kind``, or an InputError that names ``where``."""
    if kind is float and type(value) is int:
        return float(value)
    if typing.get_origin(kind) is tuple:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return tuple(items)
        raise InputError(f"{where} is to be a list of strings, not {value!r}")
    if type(value) is kind:  # a bool is an int for isinstance
        return value
    raise InputError(f"{where} is to be {_KINDS[kind]}, not {value!r}")


def _check_pattern(name: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(f"{name}: {pattern!r} is no regular expression: {error}") from error
