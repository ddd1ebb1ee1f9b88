"""Words: counts, lists and dates as sentences want them."""

import math

import pytest

from tbreport.sections.words import at_step, counted, date_time, dates, listed, verb


def test_counts_agree_with_their_nouns():
    assert counted(1, "point") == "1 point"
    assert counted(0, "run") == "0 runs"
    assert counted(2000, "series") == "2,000 series"
    assert counted(2, "entry", "entries") == "2 entries"
    assert (verb(1, "is"), verb(2, "was")) == ("is", "were")
    assert at_step(1850) == "@1,850"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcde"), "a, b, c and 2 more"),
        (["a\u202eb"], "a\\u202eb"),
        (["x" * 3000], "x" * 79 + "…"),
    ],
)
def test_lists_are_bounded_and_safe(names, text):
    assert listed(names) == text


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf, 1e300])
def test_what_is_no_date_is_not_shown_as_one(seconds):
    assert date_time(seconds) == ""
    assert dates(seconds, seconds) == ""


def test_dates_are_in_utc():
    assert date_time(1_773_565_920.0) == "2026-03-15 09:12"
    assert dates(1_773_565_920.0, 1_773_565_930.0) == "2026-03-15 UTC"
    assert dates(1_773_465_920.0, 1_773_565_930.0) == "2026-03-14 to 2026-03-15 UTC"
