"""CSV files: every point, exact numbers, names that are safe as files and in spreadsheets."""

import csv
import io
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.csvfiles import COLUMNS, INDEX, csv_files, file_names
from tbreport.output import CSV_LISTING, write_folder
from tests.documents import HOSTILE_NAMES
from tests.make import logs, run, scalar_series


def rows(data):
    """The rows as a reader of any language gets them: text in quotes, all else a number."""
    return list(csv.reader(io.StringIO(data, newline="")))


def written(*runs):
    return {name: b"".join(lines).decode() for name, lines in csv_files(logs(*runs)).items()}


def test_a_file_for_each_run_with_scalars_and_an_index():
    one = run("a", None, scalar_series("loss", [0.5, 0.25], steps=[1, 2], wall_times=[10.5, 11]))
    files = written(one, run("b/c", {"x": [1.0]}), run("empty"))
    assert files == {
        "index.csv": '"run","file","series","points"\n"a","a.csv",1,2\n"b/c","b-c.csv",1,1\n',
        "a.csv": '"tag","step","wall_time","value"\n"loss",1,10.5,0.5\n"loss",2,11.0,0.25\n',
        "b-c.csv": '"tag","step","wall_time","value"\n"x",0,1773565920.0,1.0\n',
    }


@given(
    st.lists(st.tuples(st.floats(), st.floats(allow_nan=False), st.integers(-(2**63), 2**63 - 1)))
)
def test_numbers_come_back_as_they_were(points):
    values, times, steps = ([one[place] for one in points] for place in range(3))
    series = scalar_series("x", values, steps=steps, wall_times=np.array(times, dtype=float))
    head, *read = rows(written(run("a", None, series))["a.csv"])
    assert tuple(head) == COLUMNS
    assert [int(row[1]) for row in read] == steps
    assert np.array([float(row[2]) for row in read]).tobytes() == np.array(times).tobytes()
    for row, value in zip(read, values, strict=True):
        assert float(row[3]) == value or (math.isnan(float(row[3])) and math.isnan(value))


def test_many_points_are_all_there():
    values = np.random.default_rng(0).normal(size=25_001)
    read = rows(written(run("a", {"x": values}))["a.csv"])
    assert np.array([float(row[3]) for row in read[1:]]).tobytes() == values.tobytes()


@given(st.one_of(st.sampled_from(HOSTILE_NAMES), st.text()))
def test_no_tag_is_a_formula_or_leaves_its_cell(tag):
    text = written(run("a", {tag: [1.0]}))["a.csv"]
    assert text.count("\n") == 2
    (_, row) = rows(text)
    assert len(row) == 4
    assert not row[0].lstrip().startswith(("=", "+", "-", "@"))
    assert text.splitlines()[1].startswith('"')


def test_an_apostrophe_is_taken_away_again():
    tags = ["=1+1", "+x", "-x", "@x", "'x", " =x", "＝x", "x=1"]
    text = written(run("a", {tag: [1.0] for tag in tags}))["a.csv"]
    read = {row[0] for row in rows(text)[1:]}
    assert read == {"'=1+1", "'+x", "'-x", "'@x", "''x", "' =x", "'＝x", "x=1"}
    assert {one[1:] if one.startswith("'") else one for one in read} == set(tags)


ODD = ("../../etc/passwd", "/etc/passwd", "C:\\x", "-rf", ".", "..", "", "con", "NUL.txt", "index")


@given(st.lists(st.one_of(st.sampled_from((*HOSTILE_NAMES, *ODD)), st.text()), unique=True))
def test_file_names_are_safe_and_apart_on_every_system(runs):
    found = file_names(runs)
    folded = [name.casefold() for name in found.values()]
    assert list(found) == runs and len({*folded, INDEX}) == len(runs) + 1
    for name in found.values():
        assert name.isascii() and os.path.basename(name) == name and len(name) < 120
        assert name[0] not in "-. ~" and name.endswith(".csv")
        assert not set(name) & set('\\/:*?"<>|\0')
        assert name.split(".")[0].casefold() not in {"con", "nul", "aux", "prn", "com1", "lpt1"}


@pytest.mark.parametrize(
    ("runs", "names"),
    [
        (["a/b", "a-b"], ["a-b.csv", "a-b~29ea5cb9.csv"]),
        (["Run", "run"], ["Run.csv", "run~9f2a7e8b.csv"]),
        (["."], ["run.csv"]),
    ],
)
def test_runs_that_would_share_a_file_do_not(runs, names):
    found = list(file_names(runs).values())
    assert found[0] == names[0]
    assert [name.partition("~")[0] for name in found] == [name.partition("~")[0] for name in names]


def test_files_of_an_earlier_report_go_and_others_stay(tmp_path):
    def write(*runs):
        write_folder(tmp_path, csv_files(logs(*runs)), CSV_LISTING)
        return sorted(path.name for path in tmp_path.iterdir())

    (tmp_path / "mine.csv").touch()
    one, two = run("a", {"x": [1.0]}), run("b", {"x": [1.0]})
    assert write(one, two) == ["a.csv", "b.csv", "index.csv", "mine.csv", CSV_LISTING]
    assert write(two) == ["b.csv", "index.csv", "mine.csv", CSV_LISTING]
