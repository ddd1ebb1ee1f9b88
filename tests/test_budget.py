"""The budget of a page: it is kept, in a stated order, and nothing goes without a word."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from tbreport import build_report
from tbreport.charts.bands import Bands
from tbreport.charts.lines import Lines
from tbreport.charts.photo import Photo
from tbreport.charts.ridges import Ridges
from tbreport.options import Options
from tbreport.reductions import FEWER_SLICES
from tests.make import histogram_series, image_series, logs, run, scalar_series
from tests.sections.plain import said, words


def built(found, size, *sections, **options):
    chosen = Options(max_size=size, section=sections, jobs=1, **options)
    return build_report(found, options=chosen)


def weight(report, tmp_path):
    return report.write(tmp_path / "report.html")


def figures(report, section):
    return [
        figure
        for chapter in report.document.chapters
        if chapter.id == section
        for panel in chapter.panels
        for figure in panel.figures
    ]


def notes(report, section):
    chapter = next(one for one in report.document.chapters if one.id == section)
    return [note for part in (chapter, *chapter.panels) for note in part.notes]


def cuts(report):
    return [cut.what for cut in report.fitted.cuts]


def curves(tags, runs=2, count=60):
    """Noisy curves: ``tags`` charts of ``runs`` runs."""
    random = np.random.default_rng(0)
    names = "abcdefghij"[:runs]
    return logs(
        *(
            run(
                name,
                None,
                *(
                    scalar_series(f"loss/{tag}", np.exp(-np.arange(count) / 20) + noise)
                    for tag, noise in enumerate(each)
                ),
            )
            for name, each in zip(names, random.normal(0, 0.1, (runs, tags, count)), strict=True)
        )
    )


def photos(tags, runs, steps, side=80):
    """Images of noise, which no encoder makes small: each tag has ``steps`` of each run."""
    random = np.random.default_rng(0)
    some = []
    for _ in range(7):
        file = io.BytesIO()
        Image.fromarray(random.integers(0, 255, (side, side, 3), np.uint8)).save(file, "PNG")
        some.append([file.getvalue()])
    batches = [some[step % 7] for step in range(steps)]
    names = [chr(ord("a") + tag) for tag in range(tags)]
    return logs(
        *(run(f"run{n}", None, *(image_series(tag, batches) for tag in names)) for n in range(runs))
    )


def layers(count):
    """Histograms of ``count`` tensors over 30 steps, of 30 rough buckets each."""
    random = np.random.default_rng(0)
    rows = [
        [(left, left + 1, 50 + count) for left, count in enumerate(random.integers(0, 50, 30))]
        for _ in range(30)
    ]
    return logs(run("a", None, *(histogram_series(f"fc{n}/kernel", rows) for n in range(count))))


def test_a_report_within_its_budget_is_what_it_was():
    found = curves(2)
    free, bound = built(found, "none"), built(found, "10MB")
    assert bound.fitted is None and bound.html == free.html


@pytest.mark.parametrize("size", ["300kB", "200kB", "120kB", "100kB"])
def test_curves_keep_every_budget_and_say_what_it_took(tmp_path, size):
    report = built(curves(12), size, "scalars", "data_quality")
    limit = Options(max_size=size).max_bytes
    assert weight(report, tmp_path) == report.fitted.size <= limit
    assert report.fitted.told.startswith(f"left out to stay under {size[:-2]} kB: ")
    panel = report.document.chapters[-1].panels[0]
    assert panel.title == "Left out for size"
    assert [row[0] for row in words(panel.tables[0])[1:]] == cuts(report)
    assert said(panel) == ["A larger --max-size brings it back."]
    for cut in cuts(report):
        assert f"Left out for the size of the page (--max-size): {cut}." in report.left_out


def test_steps_are_taken_in_their_order_and_only_as_far_as_needed():
    sizes = ("300kB", "200kB", "120kB", "100kB", "90kB")
    taken = [cuts(built(curves(12), size, "scalars")) for size in sizes]
    for less, more in itertools.pairwise(taken):
        assert more[: len(less) - 1] == less[:-1]
    assert taken[0] == [
        "the numbers for the script of 12 charts",
        "sharpness on fine screens of 12 charts",
    ]
    assert taken[1] == [*taken[0], "unsmoothed curves and a third of the width of 12 charts"]
    assert taken[-1][-1].endswith("charts of scalars, evenly spaced")


def test_charts_that_are_left_out_leave_their_numbers():
    report = built(curves(12), "90kB", "scalars")
    shown = {panel.tag for panel in report.document.chapters[0].panels if panel.figures}
    table = report.document.chapters[0].panels[-1].tables[0]
    assert 0 < len(shown) < 12
    assert [row[0] for row in words(table)[1:]] == [f"loss/{tag}" for tag in range(12)]
    assert all(isinstance(one.chart, Lines) for one in figures(report, "scalars"))


@pytest.mark.parametrize("size", ["1MB", "300kB", "150kB", "100kB"])
def test_images_and_what_is_said_of_them_add_up(tmp_path, size):
    report = built(photos(3, 2, 20), size, "images")
    assert weight(report, tmp_path) <= Options(max_size=size).max_bytes
    told = sum(note.left_out for note in notes(report, "images"))
    assert len(figures(report, "images")) + told == 3 * 2 * 20
    if size == "300kB":  # fewer steps are enough: the newest of each run is there
        assert {figure.step for figure in figures(report, "images")} == {19}
        assert {figure.run for figure in figures(report, "images")} == {"run0", "run1"}


def test_single_tensors_go_before_what_shows_all_of_them():
    found = layers(4)
    kinds = {
        size: {type(figure.chart) for figure in figures(built(found, size, "weights"), "weights")}
        for size in ("10MB", "110kB")
    }
    assert {Bands, Ridges} <= kinds["10MB"]
    assert not {Bands, Ridges} & kinds["110kB"]


def test_fewer_slices_are_said_in_the_caption():
    size = len(built(layers(12), "none", "weights").html.encode())
    report = built(layers(12), f"{size - 1}B", "weights")
    ridges = [one for one in figures(report, "weights") if isinstance(one.chart, Ridges)]
    assert [len(one.chart.counts) for one in ridges] == [FEWER_SLICES] * 12
    assert all(one.caption.endswith(", 12 of them drawn") for one in ridges)
    assert cuts(report) == ["slices beyond 12 in 12 charts of histograms"]


def test_even_the_least_form_may_be_too_large_and_is_written_all_the_same(tmp_path):
    report = built(curves(3), "1kB", "overview", "scalars", "data_quality")
    size = weight(report, tmp_path)
    assert size == report.fitted.size > 1000
    assert "in its least form, more than --max-size 1 kB allows" in report.fitted.told
    panel = report.document.chapters[-1].panels[0]
    assert panel.notes[0].level == "warning" and "least form" in panel.notes[0].text
    assert not report.document.pictures


def test_too_large_is_said_in_a_report_of_one_section_too():
    report = built(curves(3), "1kB", "scalars")
    assert any(
        note.level == "warning" and "least form" in note.text for note in notes(report, "scalars")
    )


def test_a_limit_just_below_the_least_form_is_told_too():
    least = built(curves(3), "1kB", "scalars", "data_quality").fitted.size
    for below in (1, 200, 1000, 3000):
        report = built(curves(3), f"{least - below}B", "scalars", "data_quality")
        over = len(report.html.encode()) > least - below
        assert ("least form" in report.fitted.told) == over
        assert (
            "least form" in "".join(note.text for note in notes(report, "data_quality"))
        ) == over


def test_a_folder_keeps_the_budget_too(tmp_path):
    report = built(curves(12), "300kB", "scalars")
    size = report.write(f"{tmp_path}/folder/")
    assert size <= 300_000
    assert size == sum(
        path.stat().st_size
        for path in (tmp_path / "folder").rglob("*")
        if path.is_file() and path.name != "tbreport-files.txt"
    )


def test_the_same_logs_lose_the_same_whatever_draws_them():
    one, two = (
        build_report(curves(40), options=Options(max_size="500kB", jobs=jobs)).html
        for jobs in (1, 2)
    )
    assert one == two


def test_no_chart_is_drawn_more_than_twice(monkeypatch):
    drawn = []
    plain = Lines.draw
    monkeypatch.setattr(Lines, "draw", lambda self: drawn.append(self.alt) or plain(self))
    built(curves(12), "150kB", "scalars")
    assert max(drawn.count(alt) for alt in drawn) == 2


@pytest.mark.parametrize("kind", [Lines, Photo])
def test_what_is_gone_is_not_in_the_page(kind):
    found = curves(3) if kind is Lines else photos(2, 1, 3)
    report = built(found, "1kB")
    assert not any(isinstance(chart, kind) for chart in report.document.pictures)
    assert "<figure" not in report.html


@pytest.mark.slow
def test_a_thousand_charts_of_eight_runs_are_under_ten_megabytes(tmp_path):
    report = built(curves(1000, runs=8, count=40), "10MB", "scalars")
    assert weight(report, tmp_path) < 10_000_000
    assert (
        len(figures(report, "scalars"))
        + sum(note.left_out for note in notes(report, "scalars") if "evenly spaced" in note.text)
        == 1000
    )


@pytest.mark.slow
def test_of_ten_thousand_images_every_one_is_there_or_counted(tmp_path):
    report = built(photos(20, 5, 100, side=160), "10MB", "images", image_steps=100)
    assert weight(report, tmp_path) <= 10_000_000
    told = sum(note.left_out for note in notes(report, "images"))
    assert len(figures(report, "images")) + told == 10_000
    assert report.fitted.cuts
