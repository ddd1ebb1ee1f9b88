"""Names: natural order, groups of tags, and forms that are safe to show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.names import natural_key, natural_order, printable, tag_family, tag_group

# Where the order of TensorBoard's compareTagNames is decided: breaks, digits, points, exponents.
TRICKY = st.text(alphabet="0123456789.eE+-/_ab é", max_size=8)


def test_the_order_is_tensorboards():
    # What TensorBoard 2.21's compareTagNames (webapp/metrics/utils.ts) makes of these.
    golden = [
        "1e-3", "1e-2", "0.1", "Run3", "a/a", "a+/a", "a_b", "ab", "layer.2/w", "layer.10/w",
        "loss_9", "loss_10", "lr=1e-4", "lr=0.01", "run1", "run2", "run10",
    ]  # fmt: skip
    assert natural_order(reversed(golden)) == golden
    assert natural_order(sorted(golden)) == golden


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a/b", "a1"),
        ("a1", "aa"),
        ("a", "a/b"),
        ("a9", "a10"),
        ("a1.5", "a1.25e1"),
        ("1E2", "101"),
        ("lr=1e-4", "lr=1e+1"),
        ("step_9/x", "step_10/x"),
        ("A", "a"),
        ("", "a"),
        ("a01", "a1"),
        ("9" * 400, "a"),
        ("1e999", "1e9999"),
        ("٣", "四"),
    ],
)
def test_one_name_comes_before_another(first, second):
    assert natural_order([second, first]) == [first, second]


@given(st.lists(TRICKY, max_size=8))
def test_the_order_does_not_depend_on_the_order_that_was(names):
    assert natural_order(reversed(names)) == natural_order(names)


@given(TRICKY, TRICKY)
def test_only_the_same_name_has_the_same_key(first, second):
    assert (natural_key(first) == natural_key(second)) == (first == second)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=20))
def test_every_string_has_a_key_and_a_form_that_can_be_shown(name):
    natural_key(name)
    shown = printable(name)
    shown.encode()
    assert all(char.isprintable() or char == "\u200d" for char in shown)
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("loss/train", "loss/train"),
        ("损失 naïve", "损失 naïve"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("tab\tnl\n", "tab\\x09nl\\x0a"),
        ("nul\x00", "nul\\x00"),
        ("rtl\u202egnp.exe", "rtl\\u202egnp.exe"),
        ("bad\udcff", "bad\\xff"),
        ("half\ud800", "half\\ud800"),
        ("no\u00a0break\u3000", "no break "),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("\u0378", "\\u0378"),
        ("\U000e0001", "\\ue0001"),
        ("line\u2028", "line\\u2028"),
    ],
)
def test_what_could_hide_or_reverse_is_shown_as_an_escape(name, shown):
    assert printable(name) == shown


@pytest.mark.parametrize(
    ("tag", "group"),
    [("loss", "loss"), ("loss/train", "loss"), ("a/b/c", "a"), ("/lead", ""), ("", "")],
)
def test_a_tags_group_is_what_stands_before_the_first_slash(tag, group):
    assert tag_group(tag) == group


def test_tags_of_a_family_differ_in_numbers_only():
    assert tag_family("layer.10/w2") == tag_family("layer.9/w11") == "layer.#/w#"
    assert tag_family("loss") == "loss"
