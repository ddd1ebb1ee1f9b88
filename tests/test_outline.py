import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.names import anchor
from tbreport.page import assemble
from tbreport.sections.kit import Cell, Chapter, Column, Figure, Note, Panel, Table
from tests.documents import FakeChart, document
from tests.markup import check, page


def test_a_section_is_found_by_its_id_and_a_panel_by_its_tag():
    chapter = Chapter("scalars", "Scalars", (Panel("loss/train", tag="loss/train"),), count=1)
    parsed = page(document(chapter))
    assert ("section", "scalars") in [(tag, a.get("id")) for tag, a in parsed.elements]
    assert anchor("scalars", "loss/train") == "scalars/loss/train"
    assert "scalars/loss/train" in parsed.ids()


def test_ids_stay_when_a_report_grows():
    def panels(*tags):
        return tuple(Panel(tag, tag=tag, group=tag.split("/")[0]) for tag in tags)

    few = page(document(Chapter("scalars", "Scalars", panels("b/1", "b/2", "训 练"))))
    many = page(document(Chapter("scalars", "Scalars", panels("a/1", "b/1", "b/2", "c", "训 练"))))
    assert set(few.ids()) < set(many.ids())


@given(st.lists(st.text(max_size=30), min_size=2, max_size=2, unique=True))
def test_no_two_names_share_an_anchor(names):
    assert anchor("s", names[0]) != anchor("s", names[1])


def test_panels_of_one_name_are_told_apart_by_their_runs():
    panels = [Panel("x", tag="x", runs=(run,)) for run in ("a", "b", "b")]
    ids = [name for name in page(document(Chapter("s", "S", tuple(panels)))).ids() if "/" in name]
    assert len(set(ids)) == 3
    assert ids[0] == "s/x"
    swapped = document(Chapter("s", "S", (panels[1], panels[0])))
    assert "s/x" in page(swapped).ids()


def test_a_group_and_a_panel_of_one_name_are_told_apart():
    panels = (Panel("loss", tag="loss", group="loss"), Panel("y", tag="loss:y", group="loss"))
    ids = page(document(Chapter("s", "S", panels))).ids()
    assert {"s", "s/loss", "s:loss"} < set(ids)


def test_a_chapter_may_ask_for_an_id_of_the_page():
    check(page(document(Chapter("page-main", "Mine"), Chapter("x", "1"), Chapter("x", "2"))))


def test_a_panel_alone_in_its_group_bears_the_name_itself():
    panels = (
        Panel("lr", group="lr"),
        Panel("encoder/scale", group="encoder"),
        Panel("weight", group="conv1"),
        Panel("loss/a", group="loss"),
        Panel("loss/b", group="loss"),
    )
    parsed = page(document(Chapter("s", "S", panels)))
    assert [h["id"] for tag, h in parsed.elements if h.get("class") == "group" and "id" in h] == [
        "s:loss",
    ]
    links = [a["href"] for a in parsed.all("a")]
    assert {"#s/lr", "#s/encoder/scale", "#s/weight", "#s:loss"} < set(links)
    assert len(parsed.all("h4")) == 2
    assert "conv1/weight" in parsed.words


@pytest.mark.parametrize(
    ("href", "leads"),
    [
        ("#scalars/loss", "#scalars/loss"),
        ("#scalars/gone", "#scalars"),
        ("#scalars:gone", "#scalars"),
        ("#gone", None),
        ("javascript:alert(1)", None),
        ("https://example.org/", None),
        ("", None),
    ],
)
def test_a_link_leads_somewhere_or_is_none(href, leads):
    table = Table((Column("Run", "text"),), ((Cell("go there", href=href),),))
    chapters = (
        Chapter("overview", "Runs", (Panel("Table", tables=(table,)),)),
        Chapter("scalars", "Scalars", (Panel("loss", tag="loss"),)),
    )
    text = "".join(assemble(document(*chapters)))
    found = re.search(r'<a href="([^"]*)" dir="auto">go there</a>', text)
    assert (found and found[1]) == leads
    assert "go there" in text


def test_a_finding_leads_to_the_pictures_of_its_tag():
    finding = Panel("Overfitting", tag="loss", runs=("a",), notes=(Note("Ill.", "warning"),))
    mine = Panel("loss of a", tag="loss", runs=("a", "b"), figures=(Figure(FakeChart()),))
    other = Panel("loss of b", tag="loss", runs=("b",), figures=(Figure(FakeChart()),))
    chapters = (
        Chapter("findings", "Findings", (finding,)),
        Chapter("scalars", "Scalars", (mine,)),
        Chapter("weights", "Weights", (other,)),
    )
    parsed = page(document(*chapters))
    assert "Scalars: loss of a" in parsed.words
    assert "Weights: loss of b" not in parsed.words
