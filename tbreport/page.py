"""The page: a document of chapters and pictures as one HTML file, or as a folder of files.

Nothing here decides what is said: sections do. Every string is escaped and freed of control
characters on its way out, and nothing is ever fetched from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from tbreport.assets import script, style_sheet
from tbreport.charts import Chart
from tbreport.charts.style import RUN_COLOURS, run_pattern
from tbreport.datablock import data_block, names_block
from tbreport.faults import Fault
from tbreport.names import printable
from tbreport.outline import Outline
from tbreport.prose import markdown
from tbreport.render import Picture
from tbreport.sections.kit import Cell, Chapter, Figure, Panel, Prose, Sound, Trace
from tbreport.templating import environment, names_of

# The page's own ids; a section that asks for one of them gets another.
_OWN_IDS = ("page-top", "page-main", "page-filter", "page-faults", "page-runs", "page-status")
# Folder and suffix by type; of sounds, the types that browsers play.
_FILES = {
    "image/png": ("pictures", "png"),
    "audio/wav": ("sounds", "wav"),
    "audio/mpeg": ("sounds", "mp3"),
    "audio/ogg": ("sounds", "ogg"),
    "audio/flac": ("sounds", "flac"),
    "audio/mp4": ("sounds", "m4a"),
    "audio/webm": ("sounds", "webm"),
}
_MOST_RUNS_NAMED = 4  # in one panel, about a line; the legend names them all
_FILE_NAME_LENGTH = 60  # characters before the digest; the whole stays short of every limit


@dataclass(frozen=True, eq=False)
class Document:
    """Everything a page says.

    ``verdict`` and ``footer`` are short facts; ``runs`` stand in natural order; ``colours`` has the
    number of a run's colour where that is not its place among them; ``pictures`` has what was drawn
    of each chart, by identity; ``faults`` are those of parts that have no chapter; ``newest`` and
    ``stamp`` are times in words, UTC, or empty; ``baseline`` says that charts show one in grey.
    """

    title: str
    chapters: Sequence[Chapter]
    pictures: Mapping[Chart, Picture]
    runs: tuple[str, ...]
    colours: Mapping[str, int] = field(default_factory=dict)
    comment: str = ""
    verdict: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    footer: tuple[str, ...] = ()
    version: str = ""
    newest: str = ""
    stamp: str = ""
    baseline: bool = False


def make_ready(chapters: Iterable[Chapter]) -> None:
    """Load what assembling these chapters takes, while their pictures are drawn elsewhere."""
    for name in ("report.html", "section.html", "macros.html"):
        environment().get_template(name)
    if any(prose.markdown for one in chapters for panel in one.panels for prose in panel.prose):
        markdown("", 1)


def assemble(document: Document) -> Iterator[str]:
    """The page as one HTML file that needs nothing beside it, in pieces to be written in order."""
    style, code = style_sheet(), script()
    sources = {
        "img-src": "data:",
        "media-src": "data:",
        "style-src": _hash(style),
        "script-src": _hash(code),
    }
    # Both are our own text; escaping would change what the hashes are of.
    inline = {"style": Markup(style), "script": Markup(code)}
    return _stream(document, _Page(document, _inline, sources), inline)


def assemble_folder(document: Document) -> dict[str, bytes]:
    """The page as files by relative path: index.html, style.css, report.js, pictures and sounds.

    For servers that forbid inline content, such as Jenkins with its default policy.
    """
    files: dict[str, bytes] = {}

    def beside(name: str, data: bytes, mime: str) -> str:
        path = _path(name, data, mime)
        files[path] = data
        return path

    # "file:" stands beside 'self' because a page opened from disk has no origin to be equal to.
    kinds = ("img-src", "media-src", "style-src", "script-src")
    page = _Page(document, beside, dict.fromkeys(kinds, "'self' file:"))
    html = "".join(_stream(document, page, {}))
    return {
        "index.html": html.encode(),
        "style.css": style_sheet().encode(),
        "report.js": script().encode(),
        **files,
    }


# Where the bytes of a picture or sound go: (name, data, mime) -> the address to write in the page.
_Store = Callable[[str, bytes, str], str]


def _inline(name: str, data: bytes, mime: str) -> str:
    # base64 has no character that HTML escapes; looking for one in every megabyte is what costs.
    return Markup(f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}")


class _Page:
    """A document as its templates ask for it: places, colours, addresses."""

    def __init__(self, document: Document, store: _Store, sources: Mapping[str, str]) -> None:
        self.outline = Outline(document.chapters, _OWN_IDS)
        self._document = document
        self._store = store
        self._sources = sources
        self._places = {name: place for place, name in enumerate(document.runs)}
        self._places |= document.colours
        self._numbered: dict[tuple[str, str], int] = {}

    @property
    def policy(self) -> Markup:
        """The content security policy: what is not named is forbidden."""
        allowed = {"default-src": "'none'", **self._sources}
        closed = {"base-uri": "'none'", "form-action": "'none'"}
        return Markup("; ".join(f"{kind} {what}" for kind, what in (allowed | closed).items()))

    @property
    def legend_before(self) -> str:
        """The id of the first part with a figure: the key to the colours stands before it."""
        return next((part.id for part in self.outline.parts if part.pictured), "")

    def colour(self, run: str) -> str:
        """The classes of a run's colour, and of its pattern where colours repeat."""
        place = self._places.get(run)
        if place is None:
            return ""
        index, dash = place % len(RUN_COLOURS), run_pattern(place)
        return f"r{index} dashed d{dash}" if dash else f"r{index}"

    def runs_of(self, row: Sequence[Cell]) -> Markup:
        """The runs that the cells of a row name, for an attribute that the script reads."""
        return names_of(tuple(dict.fromkeys(cell.run for cell in row if cell.run is not None)))

    def named_runs(self, panel: Panel) -> tuple[tuple[str, ...], int]:
        """The runs to name at a panel, and how many more it has.

        None where the parts of the panel name their own, or the panel is about all runs.
        """
        own = [figure.run for figure in panel.figures]
        own += [sound.run for sound in panel.sounds] + [prose.run for prose in panel.prose]
        listed = panel.tables and len(panel.runs) > _MOST_RUNS_NAMED
        if listed or any(run is not None for run in own) or len(panel.runs) >= len(self._places):
            return (), 0
        return panel.runs[:_MOST_RUNS_NAMED], max(0, len(panel.runs) - _MOST_RUNS_NAMED)

    def picture(self, chart: Chart) -> Picture | None:
        """What was drawn of ``chart``."""
        return self._document.pictures.get(chart)

    def data(self, figure: Figure) -> Markup | None:
        """The numbers of a figure for the script; None where the page has none."""
        if figure.values is None:
            return None
        return Markup(data_block(figure.values, self._number))

    def numbered_runs(self) -> Markup | None:
        """The names behind the numbers in the data blocks; None where there are no blocks."""
        if not self._numbered:
            return None
        return Markup(
            names_block((printable(run), self._look(run, member)) for run, member in self._numbered)
        )

    def _number(self, trace: Trace) -> int:
        return self._numbered.setdefault((trace.run, trace.member), len(self._numbered))

    def _look(self, run: str, member: str) -> str:
        """The classes of a curve: the mean of a group has the colour of its members."""
        return f"{self.colour(member)} mean" if member else self.colour(run)

    def picture_source(self, picture: Picture) -> str:
        """The address of a picture."""
        return self._store(picture.alt, picture.png, "image/png")

    def sound_source(self, sound: Sound) -> str:
        """The address of a sound; "" where its type is none that browsers play."""
        if not sound.mime.startswith("audio/") or sound.mime not in _FILES:
            return ""
        return self._store(f"{sound.run or ''} {sound.caption}", sound.data, sound.mime)

    def prose(self, prose: Prose, heading: int) -> Markup:
        """Markdown as HTML whose headings begin at ``heading``."""
        return Markup(markdown(prose.text, heading))


def _path(name: str, data: bytes, mime: str) -> str:
    """A file name that says what the file shows and changes with its content."""
    folder, suffix = _FILES[mime]
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split()
    stem = "-".join(words)[:_FILE_NAME_LENGTH].strip("-")
    digest = hashlib.sha256(data).hexdigest()[:12]
    return f"{folder}/{stem}{'-' if stem else ''}{digest}.{suffix}"


def _stream(document: Document, page: _Page, inline: Mapping[str, Markup]) -> Iterator[str]:
    template = environment().get_template("report.html")
    stream = template.stream(page=page, document=document, inline=inline)
    stream.enable_buffering(64)
    return iter(stream)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
