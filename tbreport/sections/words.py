"""The words sections share: counts, lists, dates and steps in plain English."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from tbreport.names import printable

NAMED = 3  # names a sentence lists before it counts the rest
LONGEST = 80  # characters of a name in a sentence; tags of thousands exist
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_IRREGULAR = {"is": "are", "was": "were", "has": "have", "this": "these", "series": "series"}


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 point", "2,000 points", "0 series"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {plural or _IRREGULAR.get(noun, f'{noun}s')}"


def verb(number: int, singular: str) -> str:
    """The form of "is", "was" or "has" that agrees with ``number``."""
    return singular if number == 1 else _IRREGULAR[singular]


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """ "a", "a and b", "a, b, c and 12 more": names made safe to show and not too long."""
    shown = [_clipped(printable(name)) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _clipped(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def at_step(step: int) -> str:
    """ "@1,850": where a value was logged, for beside a number."""
    return f"@{step:,}"


def date_time(seconds: float) -> str:
    """Seconds since 1970 as "2026-03-15 09:12" in UTC; empty where that is no date."""
    moment = _moment(seconds)
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def dates(first: float, last: float) -> str:
    """The days from ``first`` to ``last``: "2026-03-14 to 2026-03-15 UTC", or one of them."""
    days = [f"{moment:%Y-%m-%d}" for moment in (_moment(first), _moment(last)) if moment]
    return f"{' to '.join(dict.fromkeys(days))} UTC" if days else ""


def _moment(seconds: float) -> datetime | None:
    # 0 is what a writer without a clock leaves, not a training of 1970.
    if not math.isfinite(seconds) or seconds <= 0:
        return None
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None


def known_times(times: Iterable[float]) -> list[float]:
    """Those of ``times`` that are dates, in order."""
    return [time for time in times if _moment(time)]
