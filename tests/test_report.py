"""The report: from logs to a page, whatever breaks on the way, with the same bytes each time."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

import tbreport
from tbreport.charts import Drawing
from tbreport.errors import InputError, OutputError
from tbreport.faults import FaultError
from tbreport.model import Finding, GapKind, Logs, Severity
from tbreport.options import Options
from tbreport.report import build_report
from tbreport.rules.kit import Rule
from tbreport.sections import SECTIONS
from tbreport.sections.kit import Chapter, Figure, Note, Panel, Section
from tests.make import PNG, image_series, logs, run, text_series
from tests.markup import check, page


@pytest.fixture
def small():
    return logs(
        run("a", {"loss": [3.0, 1.0, 2.0]}, image_series("in/cat", 1)),
        run("b", {"loss": [4.0, 3.0]}, text_series("note", ["**hello**"])),
    )


@dataclass(frozen=True, eq=False)
class Broken:
    alt: str = "A chart that breaks."

    def draw(self) -> Drawing:
        raise ZeroDivisionError("no scale")


def section(build, name="mine", last=False):
    return Section(name, name.title(), "Mine.", build, last)


def fails(*_):
    raise ValueError("odd data")


def charted(chart):
    panel = Panel("p", tag="t", figures=(Figure(chart),))
    return lambda *_: Chapter("mine", "Mine", (panel,))


def chapters(report):
    return [chapter.id for chapter in report.document.chapters]


def test_a_report_has_every_part_that_the_logs_feed(small):
    report = build_report(small, title="Nightly")
    parts = ["findings", "overview", "scalars", "gradients", "images", "text", "data_quality"]
    assert chapters(report) == parts
    assert report.document.verdict[-1] == "best loss 1 by a at step 1"
    assert (report.findings, report.gaps, report.faults, report.left_out) == ((), (), (), ())
    assert "<h1" in report.html and "Nightly" in report.html
    assert "<strong>hello</strong>" in report.html
    assert report.html.count("data:image/png") == len(report.document.pictures) == 4


def test_no_logs_at_all_are_a_report_still():
    report = build_report(Logs(()))
    assert chapters(report) == ["overview", "data_quality"]
    assert "Training report" in report.html and not report.faults


def test_the_public_names_make_one_in_three_lines(small, tmp_path):
    report = tbreport.build_report(small, title="x", options=tbreport.Options(smoothing=0.9))
    size = report.write(tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text("utf-8") == report.html
    assert size == (tmp_path / "r.html").stat().st_size


def test_the_title_given_goes_before_that_of_the_options(small):
    assert build_report(small, title="a", options=Options(title="b")).document.title == "a"
    assert build_report(small, options=Options(title="b")).document.title == "b"


def test_the_metric_of_the_options_is_first_everywhere(small):
    report = build_report(small, options=Options(metric="loss:max"))
    assert report.document.verdict[-1] == "best loss 4 by b at step 0"
    with pytest.raises(InputError, match="metric: no run has a scalar 'los'; did you mean loss"):
        build_report(small, options=Options(metric="los"))


def test_nothing_of_the_moment_is_in_it_unless_asked_for(small):
    assert build_report(small).document.stamp == ""
    made = datetime(2026, 3, 15, 9, 12, tzinfo=UTC)
    assert build_report(small, made=made).document.stamp == "2026-03-15 09:12 UTC"


def test_a_section_that_raises_costs_only_itself(small):
    report = build_report(small, sections=[*SECTIONS, section(fails)])
    assert chapters(report)[-1] == "data_quality"
    (fault,) = report.faults
    assert (fault.where, fault.what) == ("section mine", "ValueError: odd data")
    assert "in fails" in fault.details
    assert "odd data" in report.html


def test_a_rule_that_raises_costs_only_itself(small):
    finding = Finding("spike", Severity.ERROR, ("a",), "It jumps.", "Look.", tag="loss", step=1)
    rules = [Rule("bad", "Bad", "", fails), Rule("spike", "Spike", "", lambda *_: [finding])]
    report = build_report(small, rules=rules)
    assert [fault.where for fault in report.faults] == ["rule bad"]
    assert report.findings == (finding,)
    assert "It jumps." in report.html
    assert report.document.verdict[-1] == "1 error"


def test_a_chart_that_raises_costs_only_itself(small):
    report = build_report(small, sections=[section(charted(Broken())), *SECTIONS])
    (fault,) = report.faults
    assert fault.what == "ZeroDivisionError: no scale"
    assert "A chart that breaks." in report.html


@pytest.mark.parametrize(
    ("part", "error"),
    [(section(fails), ValueError), (section(charted(Broken())), FaultError)],
)
def test_strict_lets_it_through(small, part, error):
    with pytest.raises(error):
        build_report(small, sections=[part], options=Options(strict=True))


def test_what_cannot_be_drawn_is_a_gap_of_its_file_and_listed():
    ill = image_series("in/cat", [[b"no image"], [b"no image"], [PNG]])
    report = build_report(logs(run("a", {}, ill)))
    (gap,) = report.gaps
    assert (gap.kind, gap.file, gap.count) == (GapKind.MALFORMED, "a/events.out.tfevents.1", 2)
    assert "tag 'in/cat': " in gap.reason
    assert not report.faults
    quality = report.document.chapters[-1]
    assert quality.count == 1 and quality.panels[0].title == "Not in the report"


def test_sections_that_come_last_see_every_gap_but_keep_their_place():
    seen = []

    def look(found, *_):
        seen.append(len(found.all_gaps))
        return Chapter("mine", "Mine")

    ill = logs(run("a", {}, image_series("x", [[b"no image"]])))
    report = build_report(ill, sections=[section(look, last=True), *SECTIONS])
    assert seen == [1]
    assert chapters(report)[0] == "mine"


def test_what_was_left_out_for_its_size_is_told():
    many = [image_series(f"x{i}", 1) for i in range(60)]
    report = build_report(logs(run("a", {}, *many)))
    assert report.left_out == (
        "24 of 60 tags are shown; evenly spaced ones of x# (24 of 60). Choose with --tags.",
    )
    panel = Panel("p", notes=(Note("3 things are left out.", left_out=3), Note("Quiet.")))
    mine = section(lambda *_: Chapter("mine", "Mine", (panel,)))
    assert build_report(Logs(()), sections=[mine]).left_out == ("3 things are left out.",)


def test_sections_are_chosen_by_name(small):
    only = build_report(small, options=Options(section=("text", "overview")))
    assert chapters(only) == ["overview", "text"]
    but = build_report(small, options=Options(skip_section=("scalars", "images")))
    assert chapters(but) == ["findings", "overview", "gradients", "text", "data_quality"]


def test_a_section_that_is_not_there_is_an_input_error(small):
    with pytest.raises(InputError, match="section: there is no section 'scalar'; did you mean 's"):
        build_report(small, options=Options(section=("scalar",)))
    with pytest.raises(
        InputError, match="skip_section: there is no section 'zzz'; there are gates, fi"
    ):
        build_report(small, options=Options(skip_section=("zzz",)))


def many_charts():
    tags = {f"t{i}": [float(i), 2.0, float(-i)] for i in range(40)}
    return logs(run("a", tags), run("b", tags))


def test_the_bytes_are_the_same_however_it_is_drawn():
    one = build_report(many_charts(), options=Options(jobs=1)).html
    assert build_report(many_charts(), options=Options(jobs=2)).html == one
    with ThreadPoolExecutor(2) as executor:
        assert build_report(many_charts(), executor=executor).html == one


def test_progress_counts_the_charts(small):
    told = []
    build_report(small, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_folder_gets_a_page_and_files_beside_it(small, tmp_path):
    report = build_report(small)
    size = report.write(f"{tmp_path}/site/")
    page = (tmp_path / "site/index.html").read_text("utf-8")
    assert "data:image" not in page
    sources = re.findall(r'src="([^"]+\.png)"', page)
    assert len(sources) == 4 and all((tmp_path / "site" / name).is_file() for name in sources)
    assert size > len(page)
    assert report.write(tmp_path / "site") == size


def test_an_old_report_survives_a_failure(small, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")
    report = build_report(small, options=Options(max_size="none"))

    def full(document):
        yield "half"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tbreport.result.assemble", full)
    with pytest.raises(OutputError, match="No space left"):
        report.write(path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]


@pytest.mark.parametrize(
    "name", ["</script><script>x()</script>", "a\u202eb", "\udcff", "损失", ""]
)
def test_hostile_names_end_as_text(name):
    found = logs(run(name, {name: [1.0, 2.0]}, image_series(name, 1), text_series(name, [name])))
    report = build_report(found, title=name)
    assert not report.faults
    assert "<script>x()" not in report.html
    assert b"\xe2\x80\xae" not in report.html.encode()


def test_logs_are_left_as_they_were(small):
    before = replace(small)
    build_report(small)
    assert small.gaps == before.gaps and small.runs == before.runs


@pytest.mark.slow
def test_real_logs_make_sound_pages(real_log):
    try:
        found = tbreport.read_logs(real_log)
    except InputError:
        pytest.skip("a folder without event files")
    report = build_report(found, title=real_log.name)
    check(page(report.document))
    assert not report.faults
    assert len(report.html) < 10_000_000
