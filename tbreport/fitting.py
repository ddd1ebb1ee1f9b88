"""A document within its limit: its page is weighed, and made smaller where it is too large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tbreport.budget import Draw, Fitted, fit
from tbreport.charts import Chart
from tbreport.model import Logs
from tbreport.page import Document, assemble
from tbreport.reductions import charts_of, encoded
from tbreport.render import Picture
from tbreport.sections.kit import Chapter


def fit_document(
    document: Document, logs: Logs, limit: int | None, draw: Draw
) -> tuple[Document, tuple[str, ...], Fitted | None]:
    """The document in at most ``limit`` bytes, and its page where it is within them as it is.

    A folder of files is never larger than the page that holds them all as base64.
    """
    if limit is None:
        return document, (), None
    page = tuple(assemble(document))
    size = sum(len(piece.encode()) for piece in page)
    if size <= limit:
        return document, page, None
    del page

    def weigh(chapters: Sequence[Chapter], pictures: Mapping[Chart, Picture]) -> int:
        light = {chart: _light(chart, pictures) for chart in charts_of(chapters)}
        pieces = assemble(replace(document, chapters=chapters, pictures=light))
        kept = sum(encoded(light[chart]) for chart in charts_of(chapters))
        return sum(len(piece.encode()) for piece in pieces) - kept

    fitted = fit(document.chapters, document.pictures, logs, size, limit, weigh, draw)
    document = replace(document, chapters=fitted.chapters, pictures=fitted.pictures)
    return document, (), fitted


def _light(chart: Chart, pictures: Mapping[Chart, Picture]) -> Picture:
    """The picture of a chart with hardly a byte; of one that is not drawn yet what it will be."""
    drawn = pictures.get(chart)
    if drawn is None:
        return Picture(chart.alt, b"png", 560, 260)
    return replace(drawn, png=b"png") if drawn.png else drawn
