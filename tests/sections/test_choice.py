"""Choice: what is kept of too much, and what is said of the rest."""

from hypothesis import given
from hypothesis import strategies as st

from tbreport.sections.choice import (
    Choice,
    choose_tags,
    evenly,
    fair_shares,
    grouped,
    title_in_group,
)


@given(st.integers(0, 200), st.integers(1, 50))
def test_even_picks_are_bounded_ordered_and_keep_both_ends(count, most):
    items = list(range(count))
    picked = evenly(items, most)
    assert len(picked) == min(count, most)
    assert picked == sorted(set(picked))
    if items:
        assert picked[-1] == items[-1]
        assert most == 1 or picked[0] == 0


@given(st.lists(st.integers(1, 30), max_size=12), st.integers(0, 60))
def test_fair_shares_use_the_budget_and_favour_the_small(sizes, budget):
    shares = fair_shares(sizes, budget)
    assert sum(shares) == min(sum(sizes), budget)
    assert all(0 <= share <= size for share, size in zip(shares, sizes, strict=True))
    if budget >= len(sizes):
        assert all(shares)
    cut = [share for share, size in zip(shares, sizes, strict=True) if share < size]
    assert all(share <= min(cut) + 1 for share in cut)


def test_few_tags_are_all_kept_in_natural_order():
    assert choose_tags(["b/10", "b/9", "a"], 5) == Choice(("a", "b/9", "b/10"))


def test_an_exploded_family_leaves_the_others_whole():
    tags = [f"trajectory/video/{step}" for step in range(10, 20_000, 10)] + ["a/x", "a/y"]
    choice = choose_tags(tags, 10)
    assert len(choice.tags) == 10
    assert {"a/x", "a/y", "trajectory/video/10", "trajectory/video/19990"} < set(choice.tags)
    assert choice.cut == (("trajectory/video/#", 8, 1999),)
    assert choice.left_out == 1991


def test_a_family_may_have_a_limit_of_its_own():
    tags = [f"video/{step}" for step in range(50)] + ["a", "b"]
    choice = choose_tags(tags, 40, most_of_family=5)
    assert choice.tags == ("a", "b", "video/0", "video/12", "video/24", "video/37", "video/49")
    assert choice.cut == (("video/#", 5, 50),)


def test_more_families_than_room_are_thinned_out_themselves():
    names = [chr(97 + i) + chr(97 + j) for i in range(26) for j in range(26)]
    choice = choose_tags(names, 5)
    assert len(choice.tags) == 5
    assert choice.tags[0] == "aa" and choice.tags[-1] == "zz"
    assert choice.left_out == 26 * 26 - 5


def test_tags_alone_come_before_the_groups():
    assert grouped(["b/2", "loss", "lr", "loss/val", "b/10", "a/x"]) == [
        ("", "lr"),
        ("a", "a/x"),
        ("b", "b/2"),
        ("b", "b/10"),
        ("loss", "loss"),
        ("loss", "loss/val"),
    ]


def test_titles_are_tags_without_group_and_suffix():
    assert title_in_group("loss/val") == "val"
    assert title_in_group("loss") == "loss"
    assert title_in_group("loss/") == "loss/"
    assert title_in_group("loss/scalar_summary", ["/scalar_summary"]) == "loss"
    assert title_in_group("a/b/scalar_summary", ["/scalar_summary"]) == "b"
    assert title_in_group("") == ""
