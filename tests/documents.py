"""Documents for tests of the page: plain values and small pictures, no logs and no charts."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw

from tbreport.charts import Chart, Drawing
from tbreport.charts.style import RUN_COLOURS
from tbreport.page import Document
from tbreport.render import Picture
from tbreport.sections.kit import (
    Cell,
    Chapter,
    Column,
    Figure,
    Note,
    Panel,
    Prose,
    Sound,
    Table,
)

HOSTILE_NAMES = (
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\"><b onclick='alert(1)'>bold</b>",
    "' style='color:red",
    "back\u202egnp.exe",
    "nul\0bell\x07line\nbreak\ttab",
    "not utf-8 \udcff\udcfe",
    "训练/损失/第一层",
    "🙂 family 👩\u200d👩\u200d👧",
    "البيانات/خسارة",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "a" * 3000,
    "deep/" * 200,
    "",
    " ",
    "#",
    "%00%2e%2e",
    "../../etc/passwd",
)


@dataclass(frozen=True, eq=False)
class FakeChart:
    """A chart that says what it is; its picture comes from ``fake_picture``."""

    alt: str = "A line that falls."

    def draw(self) -> Drawing:
        raise AssertionError("the page draws nothing")


def png(width: int = 1, height: int = 1, colours: Sequence[str] = ()) -> bytes:
    """A PNG with one falling line per colour."""
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for place, colour in enumerate(colours):
        points = [
            (x, height * (0.9 - 0.8 * math.exp(-(place + 2) * x / width)))
            for x in range(0, width, 4)
        ]
        pen.line(points, fill=colour, width=max(1, width // 320))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def fake_picture(chart: Chart, width: int = 640, height: int = 320) -> Picture:
    return Picture(chart.alt, png(width, height, RUN_COLOURS[:3]), width, height)


def charts_of(chapters: Iterable[Chapter]) -> list[Chart]:
    """Every chart of the chapters, in the order of the page."""
    charts: list[Chart] = []
    for panel in (panel for chapter in chapters for panel in chapter.panels):
        charts += [figure.chart for figure in panel.figures]
        cells = (cell for table in panel.tables for row in table.rows for cell in row)
        charts += [cell.chart for cell in cells if cell.chart is not None]
    return charts


def document(*chapters: Chapter, runs: tuple[str, ...] = ("a", "b"), **changes: object) -> Document:
    """A document of ``chapters`` with one small picture for every chart."""
    small = png()
    pictures = {
        chart: Picture(chart.alt, small, 640, 320, pixelated=False) for chart in charts_of(chapters)
    }
    base = Document(title="Digits", chapters=chapters, pictures=pictures, runs=runs, version="0.1")
    return replace(base, **changes)  # type: ignore[arg-type]


def every_shape(names: Sequence[str] = ("loss/train", "loss/val")) -> Document:
    """A document with every shape of the vocabulary, named by ``names`` (runs, tags, texts)."""
    runs = tuple(dict.fromkeys(names))
    tags = [f"{name}/x" for name in names]
    findings = Chapter(
        "findings",
        "Findings",
        tuple(
            Panel(f"Ill: {tag}", small=tag, tag=tag, runs=(run,), notes=(Note(tag, level),))
            for run, tag, level in zip(runs, tags, ["error", "warning"] * len(tags), strict=False)
        ),
        count=len(names),
    )
    overview = Chapter(
        "overview",
        "Runs",
        (Panel("Runs", tables=(_runs_table(runs),), wide=True),),
        count=len(runs),
    )
    scalars = Chapter(
        "scalars",
        "Scalars",
        tuple(
            Panel(tag, group=name, small=name, tag=tag, runs=runs, figures=(_figure(tag),))
            for name, tag in zip(names, tags, strict=True)
        ),
        lead="Curves over steps.",
        count=len(names),
        notes=(Note("1 tag was left out.", "warning"),),
    )
    return document(findings, overview, scalars, _images(runs, tags), _words(names), runs=runs)


def _figure(tag: str, **more: object) -> Figure:
    return Figure(FakeChart(f"{tag} over 100 steps"), **more)  # type: ignore[arg-type]


def _runs_table(runs: Sequence[str]) -> Table:
    columns = (
        Column("Run", "text"),
        Column("Best", hint="Lowest value"),
        Column("Curve", "picture"),
        Column("Chart", "text"),
    )
    rows = tuple(
        (
            Cell(run, run=run),
            Cell(f"{i / 3:.3f}", i / 3, small=f"@{i}", mark="best" if i == 0 else ""),
            Cell("", chart=FakeChart(f"{run} falls")),
            Cell("loss", href=f"#scalars/{run}/x"),
        )
        for i, run in enumerate(runs)
    )
    return Table(columns, rows, caption="All runs")


def _images(runs: Sequence[str], tags: Sequence[str]) -> Chapter:
    panels = [
        Panel(
            tag,
            tag=tag,
            runs=(run,),
            figures=tuple(_figure(tag, run=run, step=1000 * i, caption=tag) for i in range(2)),
            notes=(Note("Thinned out.", "info"),),
        )
        for run, tag in zip(runs, tags, strict=False)
    ]
    return Chapter("images", "Images", tuple(panels), count=len(panels))


def _words(names: Sequence[str]) -> Chapter:
    # 44 bytes of header and no samples: a browser takes it for an empty clip.
    wave = bytes.fromhex(
        "52494646240000005741564566d7420100000001000100401f0000401f0000010008006461746100000000"
    )
    panels = [
        Panel(
            name,
            folded=True,
            prose=(
                Prose(f"# {name}\n\n| a | b |\n|--:|:-:|\n| 1 | {name} |", run=name),
                Prose(name, markdown=False, caption=name),
            ),
            sounds=(Sound(wave, "audio/wav", caption=name, run=name),),
            tables=(Table((Column(name, "text"),), ((Cell(name),),), name, folded=True),),
        )
        for name in names
    ]
    return Chapter("text", "Text", tuple(panels))
