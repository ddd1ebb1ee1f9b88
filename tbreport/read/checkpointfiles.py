"""Which files beside a run's event files are checkpoints, and which of them are worth reading.

They are looked for in the run's directory and in the folders below it in which training loops put
them. Of a series of checkpoints the first and the last are to be read, the others to be listed.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tbreport.model import Gap, GapKind
from tbreport.names import natural_key
from tbreport.read.checkpoint import CheckpointFile
from tbreport.read.sources import is_inside
from tbreport.read.steps import PART, step_of

MAX_READ = 8  # checkpoints of a run that are read; the last ones of each series before the first
MAX_FOLDERS = 200  # that are looked into for a run
MAX_DEPTH = 2  # folders below the run's
_FOLDER = re.compile(r"(?:checkpoint|ckpt|model|weight|saved|variables|step|epoch)", re.IGNORECASE)
_SUFFIX = re.compile(
    r"\.(?:index|safetensors|pt|pth|pth\.tar|ckpt|h5|hdf5|keras|zip|npz|npy|bin)$"
    r"|\.ckpt-\d+$",  # TensorFlow's V1 format
    re.IGNORECASE,
)
# Files of these kinds may hold anything: only a telling name makes them a checkpoint.
_DOUBTFUL = re.compile(r"\.(?:npz|npy|bin|index)$", re.IGNORECASE)
_TELLING = re.compile(r"ckpt|checkpoint|model|weight|param|variables|embed|policy", re.IGNORECASE)


@dataclass
class Search:
    """The checkpoints below ``tree``: by series, and in a series the files of each checkpoint."""

    tree: str
    series: dict[str, dict[str, list[CheckpointFile]]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    folders: int = 0

    def look(self, folder: str, name: str, depth: int) -> None:
        """Note the checkpoints in ``folder`` and in the folders of checkpoints below it."""
        self.folders += 1
        if self.folders > MAX_FOLDERS:
            if self.folders == MAX_FOLDERS + 1:
                self._note_gap(
                    GapKind.LIMIT, name, f"more than {MAX_FOLDERS} such folders of a run"
                )
            return
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError:
            return  # the walk over the log directory has said so
        if depth and any("tfevents" in entry.name for entry in entries):
            return  # a run of its own
        likely = [each for each in entries if _FOLDER.match(each.name) or _SUFFIX.search(each.name)]
        names = {each.name for each in likely}
        shards = _sizes_of_shards(entries)
        for entry in sorted(likely, key=lambda each: natural_key(each.name)):
            inner = f"{name}/{entry.name}" if name else entry.name
            if _is_folder(entry):
                self._enter(entry, inner, depth)
            elif _is_checkpoint(entry.name, names, telling=depth > 0):
                size = _size(entry) + shards[entry.name.removesuffix(".index")]
                self._note(entry, inner, size, os.path.basename(folder) if depth else "")

    def _enter(self, entry: os.DirEntry[str], name: str, depth: int) -> None:
        if depth >= MAX_DEPTH or not _FOLDER.match(entry.name):
            return
        if is_inside(self.tree, entry.path):
            self.look(entry.path, name, depth + 1)
        else:
            self._note_gap(GapKind.REFUSED, name, "leads out of its run: not looked into")

    def _note(self, entry: os.DirEntry[str], name: str, size: int, folder: str) -> None:
        """Keep one file; ``folder`` is what it is in, where that name may tell a step."""
        stem = entry.name if ".ckpt-" in entry.name else _SUFFIX.sub("", entry.name)
        file = CheckpointFile(entry.path, name, self.tree, size, step_of(stem, folder))
        whole = PART.sub("", name)
        series = self.series.setdefault(re.sub(r"\d+", "0", whole), {})
        series.setdefault(whole, []).append(file)

    def in_turn(self) -> Iterator[tuple[CheckpointFile, bool]]:
        """Every checkpoint and whether it is to be read; the last of each series first."""
        ordered = [sorted(series.values(), key=_step_and_name) for series in self.series.values()]
        firsts = [series[0] for series in ordered if len(series) > 1]
        chosen = [*(series[-1] for series in ordered), *firsts]
        listed = [*chosen[MAX_READ:], *(files for series in ordered for files in series[1:-1])]
        for files in chosen[:MAX_READ]:
            yield from ((file, True) for file in files)
        for files in listed:
            yield from ((file, False) for file in files)

    def _note_gap(self, kind: GapKind, name: str, reason: str) -> None:
        self.gaps.append(Gap(kind, name or ".", reason))


def _step_and_name(files: Sequence[CheckpointFile]) -> tuple[int, Any]:
    return files[0].step or 0, natural_key(files[0].name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _sizes_of_shards(entries: Sequence[os.DirEntry[str]]) -> Counter[str]:
    """Bytes of the ``.data`` files of each TensorFlow bundle, by the bundle's name."""
    sizes: Counter[str] = Counter()
    for entry in entries:
        prefix, dots, _ = entry.name.partition(".data-")
        if dots:
            sizes[prefix] += _size(entry)
    return sizes


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _is_checkpoint(name: str, names: set[str], *, telling: bool) -> bool:
    """Whether a file is a checkpoint by its name, or, if ``telling``, by that of its folder."""
    if not _SUFFIX.search(name) or name.startswith("."):
        return False
    if re.search(r"\.ckpt-\d+$", name):
        return f"{name}.index" not in names
    return telling or not _DOUBTFUL.search(name) or bool(_TELLING.search(name))
