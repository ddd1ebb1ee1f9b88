"""The grammar of gates: what is read, and the place of what can't be."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.errors import InputError
from tbreport.gates import COMPARISONS, MEASURES, SECONDS, parse


def read(expression):
    gate = parse(expression)
    return gate.measure, gate.tag, gate.comparison, gate.limit


@pytest.mark.parametrize(
    ("expression", "gate"),
    [
        ("val/loss > 0.3", ("last", "val/loss", ">", 0.3)),
        ("val/loss>0.3", ("last", "val/loss", ">", 0.3)),
        ("best( val/acc ) <= .9", ("best", "val/acc", "<=", 0.9)),
        ("mean(loss) >= -1e-3", ("mean", "loss", ">=", -1e-3)),
        ("max(grad_norm) > 100", ("max", "grad_norm", ">", 100)),
        ("loss == 0", ("last", "loss", "==", 0)),
        ("runtime > 2h", ("runtime", "", ">", 7200)),
        ("runtime < 90 s", ("runtime", "", "<", 90)),
        ("runtime > 1.5d", ("runtime", "", ">", 129600)),
        ("last(runtime) > 3", ("last", "runtime", ">", 3)),
        ("'runtime' > 3", ("last", "runtime", ">", 3)),
        ("best > 3", ("last", "best", ">", 3)),
        ("'my tag (a) > 3' != 1", ("last", "my tag (a) > 3", "!=", 1)),
        (r"""mean("say \"it's\" \\ \n") > 1""", ("mean", 'say "it\'s" \\ \\n', ">", 1)),
        ("损失/第一层 < 2", ("last", "损失/第一层", "<", 2)),
    ],
)
def test_what_is_read(expression, gate):
    assert read(expression) == gate


def test_a_percentage_is_a_share_of_the_baseline():
    gate = parse("delta(loss) > 5 %")
    assert (gate.measure, gate.limit, gate.relative) == ("delta", 0.05, True)
    assert not parse("delta(loss) > 5").relative


@pytest.mark.parametrize(
    ("expression", "said", "column"),
    [
        ("", "the expression is empty", 1),
        ("  (loss) > 3", "a metric is to stand here", 3),
        ("loss", "after 'loss' a comparison is to stand: < <= > >= == !=", 5),
        ("val loss > 3", "a tag with spaces or brackets needs quotes", 5),
        ("loss >", "a number is missing here", 7),
        ("0.3 < loss", "a number is to stand here, not 'loss'", 7),
        ("loss > '3'", "a number is to stand here, not \"'3'\"", 8),
        ("loss = 3", "= is no comparison; did you mean ==?", 6),
        ("loss => 3", "did you mean >=?", 6),
        ("men(loss) > 3", "there is no men(); did you mean mean?", 1),
        ("cos(loss) > 3", "there are last, best, mean, min, max, delta", 1),
        ("__import__('os') > 3", "there is no __import__()", 1),
        ("mean() > 3", "the tag of a scalar is to stand here", 6),
        ("mean(loss > 3", "a ) is missing here", 11),
        ("mean(loss", "a ) is missing here", 10),
        ("mean(best(loss)) > 3", "a ) is missing here", 10),
        ("loss > 3 and acc < 1", "'and acc < 1' is to be another fail_if", 10),
        ("1 < loss < 3", "a number is to stand here", 5),
        ("runtime > 3", "a span of time, such as 90s or 2h", 11),
        ("runtime > 5%", "a span of time, such as 90s or 2h", 12),
        ("loss > 3h", "only runtime is compared with a span of time", 9),
        ("acc < 90%", "goes with delta(...) only; write 0.9", 9),
        ("loss > 3kg", "there is no unit 'kg'; there are %, s, m, h, d", 9),
        ("loss > 1e999", "the number is too large", 8),
        ("loss > nan", "a number is to stand here, not 'nan'", 8),
        ("mean('loss) > 3", "this quote is not closed", 6),
        ("! > 3", "! stands alone", 1),
    ],
)
def test_what_can_not_be_read_is_told_with_its_place(expression, said, column):
    with pytest.raises(InputError) as caught:
        parse(expression)
    assert said in str(caught.value)
    assert str(caught.value).startswith("fail_if: ")
    assert str(caught.value).endswith(f"(column {column})")
    line, mark = caught.value.shown
    assert line == f"  {expression}"
    assert mark == " " * (column + 1) + "^"


def test_the_mark_stands_under_the_place_in_a_terminal():
    with pytest.raises(InputError) as caught:
        parse("损失 \x1b > 3")
    line, mark = caught.value.shown
    assert line == r"  损失 \x1b > 3"
    assert mark.index("^") == 2 + 2 * 2 + 1  # two wide characters, a space


quoted = st.text(min_size=1).map(
    lambda tag: (tag, '"' + tag.replace("\\", "\\\\").replace('"', '\\"') + '"')
)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.sampled_from(MEASURES), quoted, st.sampled_from(sorted(COMPARISONS)), numbers)
def test_any_tag_can_be_quoted_and_any_number_compared(measure, tag, comparison, limit):
    name, text = tag
    assert read(f"{measure}({text}) {comparison} {limit!r}") == (measure, name, comparison, limit)
    assert read(f"{text}{comparison}{limit!r}") == ("last", name, comparison, limit)


@given(st.text())
def test_no_text_does_more_than_be_read_or_refused(text):
    try:
        gate = parse(text)
    except InputError as error:
        assert "\n" not in str(error)
        assert all(line.isprintable() for line in error.shown)
    else:
        assert math.isfinite(gate.limit)


@given(st.sampled_from(sorted(COMPARISONS)), numbers)
def test_nan_trips_every_gate(comparison, limit):
    assert parse(f"loss {comparison} {limit!r}").trips(math.nan)


@given(st.sampled_from(sorted(SECONDS)), st.integers(0, 10**6))
def test_units_of_time_are_those_of_a_day(unit, count):
    assert parse(f"runtime > {count}{unit}").limit * {"s": 86400, "m": 1440, "h": 24, "d": 1}[
        unit
    ] == (count * 86400)
