import base64
import hashlib
import itertools
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tbreport.charts.style import DARK_GROUND, RUN_COLOURS
from tbreport.faults import Fault
from tbreport.page import assemble, assemble_folder
from tbreport.render import Picture
from tbreport.sections.kit import Cell, Chapter, Column, Figure, Panel, Prose, Sound, Table
from tests.documents import (
    HOSTILE_NAMES,
    FakeChart,
    document,
    every_shape,
    png,
)
from tests.markup import Parsed, check, page


@pytest.mark.parametrize("names", [("loss/train", "loss/val"), HOSTILE_NAMES, ("x",), ()])
def test_every_shape_gives_a_sound_page(names):
    check(page(every_shape(names)))


@given(st.lists(st.text(max_size=40), max_size=4, unique=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_names_never_become_markup(names):
    plain = page(every_shape([f"name{place}" for place in range(len(names))]))
    parsed = page(every_shape(names))
    check(parsed)
    inert = ("script", "style", "img", "svg", "input", "meta", "link", "audio")
    for tag in inert:
        assert len(parsed.all(tag)) == len(plain.all(tag)), tag


def test_hostile_names_are_shown_as_they_are_but_for_what_could_hide():
    words = page(every_shape(HOSTILE_NAMES)).words
    assert "</script><script>alert(1)</script>" in words
    assert "back\\u202egnp.exe" in words
    assert "nul\\x00bell\\x07line\\x0abreak\\x09tab" in words
    assert "not utf-8 \\xff\\xfe" in words
    assert "训练/损失/第一层" in words
    assert "👩\u200d👩\u200d👧" in words
    assert "{{ 7 * 7 }}{% raw %}" in words
    assert not any(control in words for control in "\u202e\0\x07")


@pytest.mark.parametrize("field", ["title", "comment", "newest", "stamp", "version"])
def test_no_word_of_a_document_is_trusted(field):
    parsed = page(document(**{field: HOSTILE_NAMES[0] + "\u202e\ud800"}))
    check(parsed)
    assert len(parsed.all("script")) == 1
    assert "\u202e" not in parsed.words


def test_the_policy_allows_exactly_the_style_and_script_of_the_page():
    text = "".join(assemble(every_shape()))
    parsed = Parsed(text)
    policy = next(meta["content"] for meta in parsed.all("meta") if "http-equiv" in meta)
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    for kind in ("style", "script"):
        (raw,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(raw.encode()).digest()).decode()
        assert directives.pop(f"{kind}-src") == f"'sha256-{digest}'"
    assert directives == {
        "default-src": "'none'",
        "img-src": "data:",
        "media-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_the_script_is_small_and_neither_it_nor_the_style_is_beyond_ascii():
    files = assemble_folder(document())
    assert len(files["report.js"]) < 30_000
    assert files["report.js"].isascii() and files["style.css"].isascii()


def test_names_in_cells_have_a_direction_of_their_own_and_numbers_need_none():
    names, numbers = Cell("שלום", "שלום", small="קטן"), Cell("0.1", 0.1, small="@3")
    table = Table((Column("", "text"),) * 3, ((Cell("a", run="a"), names, numbers),))
    text = "".join(assemble(document(Chapter("c", "C", (Panel("p", tables=(table,)),)))))
    assert '<span dir="auto">שלום</span> <small dir="auto">קטן</small>' in text
    assert ">0.1 <small>@3</small>" in text


def test_same_bytes_twice_and_whatever_the_hash_seed():
    code = (
        "from tests.documents import HOSTILE_NAMES, every_shape\n"
        "from tbreport.page import assemble\n"
        "text = ''.join(assemble(every_shape(HOSTILE_NAMES)))\n"
        "import hashlib; print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    root = str(Path(__file__).resolve().parents[1])
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    text = "".join(assemble(every_shape(HOSTILE_NAMES)))
    assert digests == {hashlib.sha256(text.encode()).hexdigest() + "\n"}


def test_the_page_comes_in_pieces():
    charts = [FakeChart(str(place)) for place in range(300)]
    panels = tuple(Panel(chart.alt, figures=(Figure(chart),)) for chart in charts)
    pieces = list(assemble(document(Chapter("scalars", "Scalars", panels))))
    assert len(pieces) > 5
    assert len(Parsed("".join(pieces)).all("figure")) == 300


def test_a_figure_says_its_tag_and_runs():
    figures = (Figure(FakeChart()), Figure(FakeChart(), run="a", step=1000, caption="first"))
    panel = Panel("loss", tag="loss", runs=("a", "b c"), figures=figures)
    parsed = page(document(Chapter("scalars", "Scalars", (panel,)), runs=("a", "b c")))
    assert [(f["data-tag"], f["data-runs"]) for f in parsed.all("figure")] == [
        ("loss", "a\nb c"),
        ("loss", "a"),
    ]
    assert "step 1,000 first" in parsed.words


def test_what_could_not_be_drawn_has_a_card_in_its_place():
    broken, ill, forgotten = FakeChart("Broken."), FakeChart("Ill."), FakeChart("Forgotten.")
    fault = Fault("chart", "ValueError: <b>no</b>", "/home/someone/secret.py")
    base = document(
        Chapter(
            "s", "S", tuple(Panel(c.alt, figures=(Figure(c),)) for c in (broken, ill, forgotten))
        )
    )
    pictures = {
        broken: Picture("Broken.", b"", 640, 320, fault=fault),
        ill: Picture("Ill.", b"", 640, 320, problem="No value is finite."),
    }
    text = "".join(assemble(replace(base, pictures=pictures)))
    parsed = Parsed(text)
    check(parsed)
    assert parsed.all("img") == []
    assert "ValueError: <b>no</b>" in parsed.words
    assert "No value is finite." in parsed.words
    assert "Not drawn. Forgotten." in parsed.words
    assert "secret" not in text


def test_a_section_that_broke_has_a_card_and_no_traceback():
    faults = (Fault("section scalars", "KeyError: 'loss'", "File /home/me/x.py"),)
    text = "".join(assemble(document(faults=faults)))
    parsed = Parsed(text)
    check(parsed)
    assert "Section scalars is missing. KeyError: 'loss'" in parsed.words
    assert "x.py" not in text


def test_runs_have_one_colour_everywhere_and_a_pattern_where_colours_repeat():
    runs = tuple(f"run{place:02}" for place in range(45))
    figure = Figure(FakeChart(), run="run23")
    chapter = Chapter("s", "S", (Panel("p", figures=(figure,), runs=("run23",)),))
    parsed = page(document(chapter, runs=runs))
    classes = [s["class"] for s in parsed.all("span") if s.get("class", "").startswith("run ")]
    assert len(classes) == 46
    assert classes[45] == classes[23]
    assert len(set(classes[:40])) == 40
    style = parsed.inside["style"]
    for name in set(itertools.chain(*(each.split()[1:] for each in classes))):
        assert f".{name}" in style
    assert f"--card: {DARK_GROUND}" in style
    assert all(colour in style for colour in RUN_COLOURS)


def test_the_key_to_the_colours_stands_before_the_first_figure():
    words = Chapter("findings", "Findings", (Panel("x"),))
    figures = Chapter("scalars", "Scalars", (Panel("y", figures=(Figure(FakeChart()),)),))
    text = "".join(assemble(document(words, figures)))
    assert text.index('id="findings"') < text.index('class="legend"') < text.index('id="scalars"')
    assert 'class="legend"' not in "".join(assemble(document(words, figures, runs=("one",))))


def test_tables_head_their_rows_and_columns_and_keep_what_sorts():
    columns = (Column("Run", "text"), Column("Best", hint="Lowest"), Column("Extra"))
    rows = (
        (Cell("a", run="a"), Cell("0.1", 0.1, small="@3", mark="best"), Cell("–", float("nan"))),
        (Cell("b", run="b"), Cell("1e3", 1000.0), Cell("∞", float("inf")), Cell("too many")),
    )
    panel = Panel("Runs", tables=(Table(columns, rows, "Every run"),))
    parsed = page(document(Chapter("overview", "Runs", (panel,))))
    assert [th.get("scope") for th in parsed.all("th")] == ["col"] * 3 + ["row"] * 2
    values = [td.get("data-value") for td in parsed.all("td")]
    assert values == ["0.1", "nan", "1000.0", "inf", None]
    assert [tr.get("data-runs") for tr in parsed.all("tr")] == [None, "a", "b"]
    assert "(best)" in parsed.words
    assert "too many" in parsed.words


def test_folded_parts_are_in_the_page():
    folded = Table((Column("x", "text"),), ((Cell("deep down"),),), "Hidden", folded=True)
    chapter = Chapter("s", "S", (Panel("p", tables=(folded,), folded=True),))
    parsed = page(document(chapter))
    assert len(parsed.all("details")) == 2
    assert "deep down" in parsed.words


def test_a_sound_of_a_type_no_browser_plays_is_said_to_be_one():
    sound = Sound(b"x", "text/html", caption="clip")
    parsed = page(document(Chapter("audio", "Audio", (Panel("a", sounds=(sound,)),))))
    assert parsed.all("audio") == []
    assert "A sound of type text/html" in parsed.words


def test_markdown_is_laid_out_below_the_heading_of_its_panel():
    text = "# One\n\n### Three\n\n###### Six\n\n# Again\n"
    chapter = Chapter("text", "Text", (Panel("p", prose=(Prose(text),)),))
    parsed = page(document(chapter))
    headings = [tag for tag, _ in parsed.elements if re.fullmatch(r"h\d", tag)]
    assert headings == ["h1", "h2", "h3", "h4", "h5", "h6", "h4"]


def test_plain_text_is_no_markdown():
    parsed = page(document(Chapter("t", "T", (Panel("p", prose=(Prose("# a\n*b*", False),)),))))
    assert "# a *b*" in parsed.words


def test_a_folder_holds_the_page_and_all_that_it_asks_for():
    files = assemble_folder(every_shape())
    parsed = Parsed(files["index.html"].decode())
    check(parsed)
    asked = [a[name] for _, a in parsed.elements for name in ("src",) if name in a]
    asked += [link["href"] for link in parsed.all("link")]
    assert set(asked) == set(files) - {"index.html"}
    assert parsed.inside == {}
    assert all(files[name].startswith(b"\x89PNG") for name in files if name.endswith(".png"))
    assert sum(name.startswith("sounds/") for name in files) == 2
    policy = next(meta["content"] for meta in parsed.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; img-src 'self'")


def test_the_files_of_a_folder_have_names_that_any_disk_takes():
    names = assemble_folder(every_shape(HOSTILE_NAMES))
    for name in names:
        assert re.fullmatch(r"((pictures|sounds)/)?[a-z0-9-]{1,80}\.(html|css|js|png|wav)", name)
    assert len({name.lower() for name in names}) == len(names)


def test_one_picture_shown_twice_is_one_file():
    chart = FakeChart("Twice.")
    panels = tuple(Panel(name, figures=(Figure(chart),)) for name in "ab")
    base = document(Chapter("s", "S", panels))
    files = assemble_folder(replace(base, pictures={chart: Picture("Twice.", png(2), 2, 1)}))
    assert [name for name in files if name.startswith("pictures/")] == [
        f"pictures/twice-{hashlib.sha256(png(2)).hexdigest()[:12]}.png"
    ]


def test_a_pixelated_picture_says_so():
    chart = FakeChart()
    base = document(Chapter("s", "S", (Panel("p", figures=(Figure(chart),)),)))
    small = Picture(chart.alt, png(), 64, 64, pixelated=True)
    (image,) = page(replace(base, pictures={chart: small})).all("img")
    assert image["class"] == "pixelated"
    assert (image["width"], image["height"]) == ("64", "64")
