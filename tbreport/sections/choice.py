"""Which of too many: evenly spaced picks and fair shares, so that a page stays readable."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tbreport.names import natural_key, tag_family, tag_group

T = TypeVar("T")


def evenly(items: Sequence[T], most: int) -> list[T]:
    """At most ``most`` (1 or more) of ``items``, evenly spaced, the first and the last among them.

    One alone is the last: the newest of what is ordered by step.
    """
    count = len(items)
    if count <= most:
        return list(items)
    if most == 1:
        return [items[-1]]
    return [items[round(index * (count - 1) / (most - 1))] for index in range(most)]


def fair_shares(sizes: Sequence[int], budget: int) -> list[int]:
    """How many of each size to take so that the sum is at most ``budget``: small ones whole.

    What small ones leave goes to the larger ones in equal parts, the first of them getting the
    rest. With more sizes than budget the first ones get 1.
    """
    shares = [0] * len(sizes)
    left = budget
    by_size = sorted(range(len(sizes)), key=lambda index: (sizes[index], index))
    for place, index in enumerate(by_size):
        open_ones = len(by_size) - place
        shares[index] = min(sizes[index], -(-left // open_ones) if left else 0)
        left -= shares[index]
    return shares


@dataclass(frozen=True)
class Choice:
    """The tags to show, in natural order, and for each family that was cut what it had.

    ``cut`` holds (family, shown, all); a family is a tag with its numbers as "#".
    """

    tags: tuple[str, ...]
    cut: tuple[tuple[str, int, int], ...] = ()

    @property
    def left_out(self) -> int:
        """How many tags are not shown."""
        return sum(total - shown for _, shown, total in self.cut)


def choose_tags(tags: Iterable[str], most: int, most_of_family: int | None = None) -> Choice:
    """At most ``most`` tags: all of small families, evenly spaced ones of those that exploded.

    ``most_of_family`` is the limit for a family where there is room for more.
    """
    families: dict[str, list[str]] = {}
    for tag in sorted(tags, key=tag_key):
        families.setdefault(tag_family(tag), []).append(tag)
    names = evenly(list(families), most)
    sizes = [min(len(families[name]), most_of_family or most) for name in names]
    shares = dict(zip(names, fair_shares(sizes, most), strict=True))
    picked = [tag for name in names for tag in evenly(families[name], shares[name])]
    cut = tuple(
        (name, shares.get(name, 0), len(members))
        for name, members in families.items()
        if shares.get(name, 0) < len(members)
    )
    return Choice(tuple(sorted(picked, key=tag_key)), cut)


def tag_key(tag: str) -> tuple[object, ...]:
    """Sorts tags by group, then within it, both in natural order."""
    return natural_key(tag_group(tag)), natural_key(tag)


def grouped(tags: Sequence[str]) -> list[tuple[str, str]]:
    """(heading, tag) of each tag: tags that share no group first, under no heading.

    A group is the text before the first "/". One of a single tag without "/" needs no heading of
    its own; were such tags left between the groups, they would seem to belong to the one before.
    """
    members = {
        name: list(group) for name, group in itertools.groupby(sorted(tags, key=tag_key), tag_group)
    }
    alone = [name for name, group in members.items() if group == [name]]
    headed = [(name, tag) for name, group in members.items() if group != [name] for tag in group]
    return [("", tag) for tag in alone] + headed


def title_in_group(tag: str, suffixes: Iterable[str] = ()) -> str:
    """The tag without its group and without those of ``suffixes`` that writers add to every tag.

    As TensorBoard titles its cards (webapp/metrics/utils.ts): ``loss/train/scalar_summary`` in the
    group ``loss`` is "train".
    """
    title = tag
    for suffix in suffixes:
        title = title.removesuffix(suffix)
    rest = title.removeprefix(f"{tag_group(tag)}/")
    return rest or title or tag
