"""Labels: which column of an embedding's metadata tells its points apart, and how it does."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.cloud import MOST_CLASSES, REST, Classes, Look, Numbers, Words
from tbreport.charts.style import run_colour
from tbreport.names import natural_key
from tbreport.roles import tokens

Ints = NDArray[np.int64]

REPEATED = 2  # points a label has on average, from which labels are classes
REPEATED_NUMBERS = 5  # the same for whole numbers in a column that is called a class
LONGEST_NAME, LONGEST_WORD = 14, 24  # characters that are written into a picture
# A column of one of these words holds numbers of classes, not amounts.
_CLASS_WORDS = frozenset(
    {"label", "labels", "class", "classes", "target", "targets", "category", "id"}
)


class Kind(IntEnum):
    """What a column is good for, best first."""

    FEW = 0  # classes that all have a mark of their own
    MANY = 1  # classes of which the commonest have
    NUMBERS = 2
    WORDS = 3  # a name for every point
    NOTHING = 4


@dataclass(frozen=True, eq=False)
class Labels:
    """One column of labels: ``texts``, one a point, and what ``kind`` of label they are.

    ``columns`` are the names of all columns, of which ``column`` is this one.
    """

    kind: Kind
    texts: Sequence[str]
    column: str = ""
    columns: tuple[str, ...] = ()

    @property
    def classes(self) -> bool:
        """Whether points with the same label belong together."""
        return self.kind in (Kind.FEW, Kind.MANY)

    @property
    def scale(self) -> bool:
        """Whether labels are amounts."""
        return self.kind is Kind.NUMBERS

    @functools.cached_property
    def counts(self) -> Counter[str]:
        """The classes in the order of their first point, with how many points each has."""
        return Counter(self.texts if self.classes else ())

    @functools.cached_property
    def ids(self) -> Ints:
        """The class of each point, numbered in the order of ``counts``; int64 (n,)."""
        if not self.classes:
            return np.zeros(len(self.texts), np.int64)
        numbers = {text: number for number, text in enumerate(self.counts)}
        return np.array([numbers[text] for text in self.texts], np.int64)

    @functools.cached_property
    def ends(self) -> tuple[float, float]:
        """The lowest and highest amount of all points."""
        found = [number for text in set(self.texts) if (number := _number(text)) == number]
        return min(found), max(found)

    @functools.cached_property
    def shown(self) -> tuple[str, ...]:
        """The classes that have a mark of their own, in natural order: the commonest."""
        common = sorted(self.counts, key=lambda name: (-self.counts[name], natural_key(name)))
        return tuple(sorted(common[:MOST_CLASSES], key=natural_key))

    def look(self, rows: Ints, run: int) -> Look:
        """How the points of these rows look; without classes or numbers in the run's colour."""
        texts = [self.texts[row] for row in rows.tolist()]
        if self.classes:
            place = {name: number for number, name in enumerate(self.shown)}
            of = np.array([place.get(text, REST) for text in texts], np.int64)
            return Classes(of, tuple(map(in_picture, self.shown, range(len(self.shown)))))
        if self.scale:
            return Numbers(np.array([_number(text) for text in texts]), self.ends)
        words = texts if self.kind is Kind.WORDS else [""] * len(texts)
        return Words(tuple(_word(text) for text in words), run_colour(run))


def in_picture(name: str, place: int) -> str:
    """How a class is called in a picture: its name, or "#3" where that is long or not ASCII."""
    short = 0 < len(name) <= LONGEST_NAME
    return name if short and name.isascii() and name.isprintable() else f"#{place + 1}"


def choose_labels(columns: Mapping[str, Sequence[str]], count: int) -> Labels:
    """The first of the columns that are best for telling ``count`` points apart."""
    kinds = {name: _kind(name, texts) for name, texts in columns.items() if len(texts) == count}
    names = sorted(kinds, key=lambda name: kinds[name])
    if not names or kinds[names[0]] is Kind.NOTHING:
        return Labels(Kind.NOTHING, ("",) * count)
    best = names[0]
    return Labels(kinds[best], columns[best], best, tuple(kinds))


def _kind(name: str, texts: Sequence[str]) -> Kind:
    distinct = set(texts)
    if len(distinct) < 2:
        return Kind.NOTHING
    if len(distinct) <= MOST_CLASSES and len(texts) >= REPEATED * len(distinct):
        return Kind.FEW
    numbers = [_number(text) for text in distinct if text]
    if all(number == number for number in numbers):
        whole = all(number == math.floor(number) for number in numbers)
        named = not _CLASS_WORDS.isdisjoint(tokens(name))
        repeated = len(texts) >= REPEATED_NUMBERS * len(distinct)
        return Kind.MANY if whole and named and repeated else Kind.NUMBERS
    return Kind.MANY if len(texts) >= REPEATED * len(distinct) else Kind.WORDS


def _number(text: str) -> float:
    """The finite number a label is, else NaN."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _word(text: str) -> str:
    fits = len(text) <= LONGEST_WORD and text.isascii() and text.isprintable()
    return text if fits else ""
