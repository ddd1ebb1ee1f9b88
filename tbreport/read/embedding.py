"""One embedding of the projector's: its vectors, the labels of its points, its sprite."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tbreport.model import Embedding, Gap, GapKind
from tbreport.names import printable
from tbreport.read import tsv
from tbreport.read.checkpoint import Budget
from tbreport.read.parameters import clean_name
from tbreport.read.projectorweights import Weights
from tbreport.read.sources import Source, Unfit, locate

CONFIG = "projector_config.pbtxt"
MAX_ROWS = 100_000  # TensorBoard's own limit
MAX_VALUES = 16 << 20  # numbers of one embedding
MAX_SPRITE = 16 << 20  # bytes
MAX_TILE = 4096  # pixels
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass(frozen=True)
class Wanted:
    """One embedding that a configuration, or a folder of torch's, tells of."""

    name: str
    step: int | None
    tensor_path: bytes
    metadata_path: bytes = b""
    sprite_path: bytes = b""
    tile: tuple[int, int] = (0, 0)
    shape: tuple[int, ...] = ()
    repeated: int = 0  # how many before it name the same tensor


@dataclass
class Folder:
    """The directory of one configuration, which nothing leads out of.

    ``given`` are the files of vectors that were read.
    """

    path: str
    name: str  # relative to the log directory
    budget: Budget
    weights: Weights
    gaps: list[Gap] = field(default_factory=list)
    given: set[str] = field(default_factory=set)

    def open(self, raw: bytes) -> tuple[Source, str]:
        """The file that a path from data names, and its name; raises Unfit."""
        relative = locate(self.path, raw)
        return Source.open(os.path.join(self.path, relative), self.path), self.named(relative)

    def named(self, relative: str) -> str:
        """A name relative to the log directory."""
        return f"{self.name}/{relative}" if self.name else relative

    def note(self, error: Unfit) -> None:
        """Keep what is wrong with what the configuration tells."""
        self.gaps.append(Gap(error.kind, self.named(CONFIG), str(error), count=error.count))


def read_embedding(wanted: Wanted, folder: Folder) -> Embedding | None:
    """One embedding, or None if another one was of the same tensor; raises Unfit.

    What is wrong with its labels or its sprite is noted, and they are left out.
    """
    name, step = clean_name(wanted.name), wanted.step
    room = min(MAX_VALUES, folder.budget.left // 4)
    if wanted.tensor_path:
        source, file = folder.open(wanted.tensor_path)
        with source:
            if file in folder.given:
                return None
            folder.given.add(file)
            vectors = _vectors(source, wanted.shape, room)
    else:
        found = folder.weights.find(wanted.name, wanted.repeated, MAX_ROWS, room)
        if found is None:
            return None
        name, file, step = found.name, found.file, found.step
        vectors = tsv.Vectors(found.values, np.arange(len(found.values)), found.rows)
    if not folder.budget.take(vectors.values.nbytes):
        raise Unfit(GapKind.LIMIT, "not read: the embeddings of a run are too large")
    _note_missing_rows(vectors, name, folder)
    return Embedding(
        name,
        step,
        vectors.values,
        _labels(wanted.metadata_path, vectors, folder),
        file,
        vectors.rows,
        *_sprite(wanted, folder),
    )


def _vectors(source: Source, shape: tuple[int, ...], room: int) -> tsv.Vectors:
    """Rows of raw float32 where the configuration gives a shape that fits, else of text."""
    if len(shape) != 2 or not source.size == 4 * shape[0] * shape[1] > 0:
        return tsv.read_vectors(source, MAX_ROWS, room)
    rows, width = shape
    count = min(rows, MAX_ROWS, room // width)
    if not count:
        raise Unfit(GapKind.LIMIT, f"no room for rows of {width} numbers")
    data = source.at(0, 4 * count * width)
    values: NDArray[np.float32] = np.frombuffer(data, "<f4").reshape(count, width)
    return tsv.Vectors(values, np.arange(count), rows)


def _note_missing_rows(vectors: tsv.Vectors, name: str, folder: Folder) -> None:
    if vectors.bad:
        reason = f"embedding {printable(name)!r}: {vectors.bad} rows are ragged or not numeric"
        folder.note(Unfit(GapKind.MALFORMED, reason, vectors.bad))
    missing = vectors.rows - vectors.bad - len(vectors.values)
    if missing or vectors.cut:
        more = "at least " if vectors.cut else ""
        reason = (
            f"embedding {printable(name)!r}: {len(vectors.values)} of {more}{vectors.rows} rows"
        )
        folder.note(Unfit(GapKind.LIMIT, f"{reason} are read", max(missing, 1)))


def _labels(raw: bytes, vectors: tsv.Vectors, folder: Folder) -> dict[str, tuple[str, ...]]:
    if not raw:
        return {}
    try:
        source, _ = folder.open(raw)
        with source:
            columns, rows = tsv.read_labels(source, MAX_ROWS)
    except Unfit as error:
        folder.note(Unfit(error.kind, f"labels: {error}"))
        return {}
    if rows != vectors.rows and not vectors.cut:
        reason = f"{rows} rows of labels for {vectors.rows} points: matched from the first on"
        folder.note(Unfit(GapKind.MALFORMED, reason, abs(rows - vectors.rows)))
    places = vectors.places.tolist()
    return {
        name: tuple(column[place] if place < len(column) else "" for place in places)
        for name, column in columns.items()
    }


def _sprite(wanted: Wanted, folder: Folder) -> tuple[bytes | None, tuple[int, int]]:
    """The encoded sprite and its tiles' size, if it is an image of a kind that is shown."""
    if not wanted.sprite_path:
        return None, (0, 0)
    try:
        if not all(0 < side <= MAX_TILE for side in wanted.tile):
            raise Unfit(GapKind.MALFORMED, f"tiles of {wanted.tile[0]}x{wanted.tile[1]} pixels")
        source, _ = folder.open(wanted.sprite_path)
        with source:
            if source.size > MAX_SPRITE:
                raise Unfit(GapKind.LIMIT, f"{source.size} bytes")
            data = source.at(0, source.size)
        if not data.startswith(_IMAGES):
            raise Unfit(GapKind.REFUSED, "neither PNG nor JPEG")
    except Unfit as error:
        folder.note(Unfit(error.kind, f"sprite: {error}"))
        return None, (0, 0)
    return data, wanted.tile
