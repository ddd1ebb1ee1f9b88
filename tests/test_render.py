import multiprocessing
import os
import pickle
import sys
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from tbreport import render
from tbreport.charts import BadData, Drawing
from tbreport.charts.spark import Spark
from tbreport.render import TOGETHER, WORTH_WORKERS, Artist, Picture, draw_one
from tbreport.workers import workers

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")


@dataclass(frozen=True, eq=False)
class Square:
    alt: str
    side: int = 3

    def draw(self):
        return Drawing(self.alt.encode(), self.side, self.side, True, "a note")


@dataclass(frozen=True, eq=False)
class Ill(Square):
    def draw(self):
        raise BadData("The square has no sides.")


@dataclass(frozen=True, eq=False)
class Broken(Square):
    def draw(self):
        raise ZeroDivisionError("no side")


@dataclass(frozen=True, eq=False)
class Killer(Square):
    def draw(self):
        os._exit(1)


@dataclass(frozen=True, eq=False)
class Where(Square):
    def draw(self):
        return Drawing(str(os.getpid()).encode(), 1, 1)


@dataclass(frozen=True)
class Unhashable:
    values: np.ndarray
    alt: str = "equal by value"

    def draw(self):
        return Drawing(b"png", 1, 1)


class Stuck(Square):
    def __reduce__(self):
        raise pickle.PicklingError("stays at home")


class GoneAway(Executor):
    """Does one task, loses the second with its cluster, and takes no more."""

    def __init__(self):
        self.asked = 0

    def submit(self, function, /, *arguments):
        self.asked += 1
        if self.asked > 2:
            raise ConnectionError("no scheduler")
        future = Future()
        if self.asked == 1:
            future.set_result(function(*arguments))
        else:
            future.set_exception(ConnectionError("lost"))
        return future


def squares(count):
    return [Square(f"square {index}") for index in range(count)]


def test_a_drawn_chart_is_a_picture():
    assert draw_one(Square("three")) == Picture("three", b"three", 3, 3, True, "a note")


def test_ill_data_is_a_problem():
    picture = draw_one(Ill("bent"))
    assert (picture.alt, picture.problem) == ("bent", "The square has no sides.")
    assert picture.fault is None
    assert picture.png == b""


def test_a_broken_chart_is_a_fault():
    picture = draw_one(Broken("bent"))
    assert picture.fault is not None
    assert picture.fault.where == "chart Broken"
    assert picture.fault.what == "ZeroDivisionError: no side"
    assert "in draw" in picture.fault.details
    assert picture.problem == ""


def test_something_that_is_no_chart_is_a_fault():
    assert draw_one(object()).fault is not None


def test_pictures_are_keyed_by_identity():
    same = squares(1) * 2
    twins = [Square("twin"), Square("twin")]
    pictures = render.render([*same, *twins])
    assert len(pictures) == 3
    assert pictures[id(same[0])].alt == "square 0"
    odd = Unhashable(np.zeros(2))
    assert render.render([odd])[id(odd)].png == b"png"


def test_progress_is_told_after_each_picture():
    told = []
    render.render(squares(3), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_nothing_to_draw_draws_nothing():
    assert render.render([]) == {}


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_every_executor_draws_the_same_bytes(kind):
    x = np.arange(50.0)
    charts = [Spark.of(f"spark {k}", x, np.sin(x * k), k) for k in range(20)] + [Broken("bent")]
    here = render.render(charts)
    with kind(2) as executor:
        there = render.render(charts, executor)
    assert [there[id(chart)].png for chart in charts] == [here[id(chart)].png for chart in charts]
    assert there[id(charts[-1])].fault.what == "ZeroDivisionError: no side"


@ON_LINUX
def test_a_worker_that_dies_costs_its_chart_only():
    charts = squares(40)
    charts[7] = Killer("the killer")
    charts[30] = Killer("another killer")
    with workers(2, render.import_charts) as executor:
        pictures = render.render(charts, executor)
    lost = [chart.alt for chart in charts if not pictures[id(chart)].png]
    assert lost == ["the killer", "another killer"]
    assert pictures[id(charts[7])].fault.where == "chart Killer"


def test_a_pool_that_a_chart_broke_costs_that_chart_only():
    charts = [*squares(3 * TOGETHER), Killer("the killer"), *squares(3 * TOGETHER)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as executor:
        pictures = render.render(charts, executor)
    assert [chart.alt for chart in charts if not pictures[id(chart)].png] == ["the killer"]


@pytest.mark.parametrize(
    "executor", [lambda: workers(2, render.import_charts), lambda: ProcessPoolExecutor(2)]
)
def test_a_chart_that_does_not_pickle_is_drawn_here(executor):
    charts = [*squares(3), Stuck("home"), *squares(3)]
    with executor() as pool:
        pictures = render.render(charts, pool)
    assert [pictures[id(chart)].png for chart in charts] == [c.alt.encode() for c in charts]


def test_an_executor_that_goes_away_is_done_without():
    charts = squares(5 * TOGETHER)
    pictures = render.render(charts, GoneAway())
    assert [pictures[id(chart)].png for chart in charts] == [c.alt.encode() for c in charts]


def test_charts_are_drawn_while_others_are_begun():
    charts = squares(3)
    with ThreadPoolExecutor(1) as executor, Artist(executor) as artist:
        artist.begin(charts[:1])
        executor.submit(int).result()  # behind the first chart
        artist.begin(charts)
        assert list(artist.finish()) == [id(chart) for chart in charts]
        artist.begin([charts[0], twin := Square("another")])
        assert list(artist.finish()) == [id(twin)]
        assert len(artist.pictures) == 4


@ON_LINUX
@pytest.mark.parametrize(
    ("jobs", "count", "apart"), [(2, 100, True), (1, 100, False), (2, 10, False)]
)
def test_only_many_charts_are_worth_processes_of_their_own(jobs, count, apart):
    charts = [Where(f"chart {index}") for index in range(count)]
    assert (count > WORTH_WORKERS) == (count == 100)
    with Artist(jobs=jobs) as artist:
        artist.begin(charts)
        drawn = {picture.png for picture in artist.finish().values()}
    assert (str(os.getpid()).encode() not in drawn) == apart
