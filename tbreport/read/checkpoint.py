"""Checkpoints of every format that is read here: told apart by content, read within limits.

Nothing is rebuilt as the framework would: only numbers are read, and only as many as the file
holds. What is left out is a gap that says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from numpy.typing import NDArray

from tbreport.model import Checkpoint, CheckpointTensor, Gap, GapKind, TensorRole
from tbreport.read import bundle, hdf5, keras, npy, safetensors, sstable, torchzip
from tbreport.read.parameters import clean_name, role_of
from tbreport.read.sources import Source, Unfit
from tbreport.read.stored import Contents, Stored
from tbreport.read.zips import StoredZip

MAX_TENSOR = 64 << 20  # bytes; a larger tensor is listed, not read
RUN_BUDGET = 256 << 20  # bytes of numbers of one run
_LEGACY_TORCH = "torch's format before 1.6, a bare pickle, is not read: save it again"
_LFS = b"version https://git-lfs"


@dataclass
class Budget:
    """How many bytes of numbers may still be read."""

    left: int = RUN_BUDGET

    def take(self, size: int) -> bool:
        """Whether ``size`` bytes may be read, which are then spent."""
        if size > self.left:
            return False
        self.left -= size
        return True


@dataclass(frozen=True)
class CheckpointFile:
    """One checkpoint to be read.

    ``path`` is where it is ("….index" for a TensorFlow bundle), ``name`` what it is called relative
    to the log directory, ``tree`` the directory that it must not lead out of.
    """

    path: str
    name: str
    tree: str
    size: int = 0
    step: int | None = None


def read_checkpoint(file: CheckpointFile, budget: Budget) -> tuple[Checkpoint, list[Gap]]:
    """One checkpoint, and what of it is not in it; a file that can't be read has no tensors."""
    name = file.name.removesuffix(".index")
    checkpoint = Checkpoint(name, "", file.size, file.step)
    gaps: list[Gap] = []
    try:
        with _contents(file) as contents:
            tensors = _read_tensors(contents, file.name, budget, gaps)
            gaps += [Gap(gap.kind, file.name, str(gap), count=gap.count) for gap in contents.gaps]
            step = contents.step if file.step is None else file.step
            checkpoint = Checkpoint(name, contents.format, file.size, step, tensors)
    except Unfit as error:
        gaps.append(Gap(error.kind, file.name, str(error)))
    return checkpoint, gaps


@contextmanager
def open_bundle(path: str, tree: str) -> Iterator[bundle.Bundle]:
    """The TensorFlow bundle whose ``.index`` is at ``path``, with its shards from beside it."""
    prefix = path.removesuffix(".index")
    with (
        Source.open(path, tree) as index,
        bundle.Bundle(index, lambda suffix: Source.open(prefix + suffix, tree)) as opened,
    ):
        yield opened


@contextmanager
def _contents(file: CheckpointFile) -> Iterator[Contents]:
    """What the file holds, whatever its format; open for as long as its numbers are read."""
    if file.path.endswith(".index"):
        with open_bundle(file.path, file.tree) as opened:
            yield bundle.contents(opened)
    else:
        with Source.open(file.path, file.tree) as source:
            yield _by_content(source, PurePosixPath(file.name))


def _by_content(source: Source, name: PurePosixPath) -> Contents:
    start = source.at(0, min(source.size, 512))
    if start.startswith(b"PK\3\4"):
        return _of_zip(source)
    if start.startswith(hdf5.MAGIC):
        return keras.contents(source)
    if start.startswith(npy.MAGIC):
        return npy.array_contents(source, name.stem)
    if name.suffix == ".safetensors" and not start.startswith(_LFS):
        return safetensors.contents(source)
    raise _unknown(start, source)


def _unknown(start: bytes, source: Source) -> Unfit:
    """Why a file whose first bytes are ``start`` is not read."""
    if not start:
        return Unfit(GapKind.MALFORMED, "an empty file")
    if start.startswith(_LFS):
        return Unfit(GapKind.UNREADABLE, "a git-lfs pointer in place of the file: git lfs pull")
    if start[:1] == b"\x80" or start[257:262] == b"ustar":
        return Unfit(GapKind.REFUSED, _LEGACY_TORCH)
    tail = source.at(max(source.size - 8, 0), min(source.size, 8))
    if tail == sstable.MAGIC.to_bytes(8, "little"):
        return Unfit(GapKind.UNKNOWN, "TensorFlow's V1 checkpoint format is not read")
    return Unfit(GapKind.UNKNOWN, "not a checkpoint of a kind that is read")


def _of_zip(source: Source) -> Contents:
    """A zip is a torch file, holds some (stable-baselines3), or Keras weights, or numpy arrays."""
    archive = StoredZip(source)
    names = [*archive.members, *archive.packed]
    if keras.WEIGHTS in archive.members:
        return keras.contents(archive.open(keras.WEIGHTS))
    if names and all(name.endswith(".npy") for name in names):
        return npy.archive_contents(source)
    inner = [name for name in archive.members if name.endswith((".pth", ".pt"))]
    if not inner:
        return torchzip.contents(source)
    found = Contents(torchzip.FORMAT, layout="OIHW")
    for name in inner:
        _add_inner(found, name, archive.open(name))
    return found


def _add_inner(found: Contents, name: str, source: Source) -> None:
    """Add what a torch file in a zip holds; ``policy.pth`` is the agent: it needs no name."""
    stem = PurePosixPath(name).stem
    prefix = "" if stem == "policy" else f"{stem}."
    try:
        inner = torchzip.contents(source)
    except Unfit as error:
        found.gaps.append(Unfit(error.kind, f"{name:.200}: {error}"))
        return
    found.gaps += inner.gaps
    for stored in inner.tensors:
        key = prefix + stored.key
        kept = Stored(key, stored.shape, stored.dtype, stored.load, "", stored.problem)
        found.tensors.append(kept)


def _read_tensors(
    contents: Contents, file: str, budget: Budget, gaps: list[Gap]
) -> dict[str, CheckpointTensor]:
    """The tensors by name; numbers are read in turn for as long as the budget lasts."""
    names = [stored.name or clean_name(stored.key) for stored in contents.tensors]
    used = Counter(names)
    tensors = {}
    problems: dict[tuple[GapKind, str], list[str]] = {}
    for stored, clean in zip(contents.tensors, names, strict=True):
        name = clean if used[clean] == 1 else stored.key
        role = role_of(stored.key, name, PurePosixPath(file).stem)
        values = None
        if role is not TensorRole.OPTIMIZER:
            try:
                values = _load(stored, budget)
            except Unfit as error:
                problems.setdefault((error.kind, str(error)), []).append(name)
        tensors[name] = CheckpointTensor(
            name, stored.key, stored.shape, stored.dtype, role, values, contents.layout
        )
    gaps += [_gap(kind, file, reason, names) for (kind, reason), names in problems.items()]
    return tensors


def _load(stored: Stored, budget: Budget) -> NDArray[Any]:
    """The numbers of one tensor, if they are few enough; raises Unfit."""
    if stored.load is None:
        raise stored.problem or Unfit(GapKind.UNKNOWN, "can't be read")
    if stored.memory > MAX_TENSOR:
        reason = f"listed, not read: larger than {MAX_TENSOR >> 20} MiB"
        raise Unfit(GapKind.LIMIT, reason)
    if not budget.take(stored.memory):
        raise Unfit(GapKind.LIMIT, "listed, not read: the checkpoints of a run are too large")
    return stored.load()


def _gap(kind: GapKind, file: str, reason: str, names: list[str]) -> Gap:
    """One gap for all tensors of a file with the same trouble."""
    shown = ", ".join(repr(name) for name in names[:3]) + (" …" if len(names) > 3 else "")
    noun = "tensor" if len(names) == 1 else f"{len(names)} tensors:"
    return Gap(kind, file, f"{noun} {shown}: {reason}", count=len(names))
