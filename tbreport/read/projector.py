"""Embeddings that were logged for the projector: its configuration and the files that this names.

Every path in a configuration is data: it is followed only inside the configuration's directory.
Sources: tensorboard/plugins/projector/projector_plugin.py and projector_config.proto,
torch/utils/tensorboard/_embedding.py.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import numpy as np
from google.protobuf import text_format

from tbreport.model import Embedding, Gap, GapKind, Run
from tbreport.names import printable
from tbreport.read.checkpoint import Budget
from tbreport.read.embedding import CONFIG, MAX_ROWS, Folder, Wanted, read_embedding
from tbreport.read.projectorweights import Weights
from tbreport.read.sources import Source, Unfit
from tbreport.read.wire import message

PLUGIN_FOLDER = "plugins/org_tensorflow_tensorboard_projector"
MAX_CONFIG = 1 << 20  # bytes; torch writes about 250 for a step
MAX_EMBEDDINGS = 100  # of a configuration
MAX_STEPS = 12  # of one embedding; the first and the last are always among them
_STEP_FOLDER = re.compile(r"\d{5,18}")  # torch's: the step in at least five digits
_STEPPED_NAME = re.compile(r"(.+):(\d{5,18})", re.DOTALL)


def is_config(name: str) -> bool:
    """Whether a file of this name tells of embeddings."""
    return name == CONFIG


def read_embeddings(
    folder: str, name: str, budget: Budget
) -> tuple[tuple[Embedding, ...], list[Gap]]:
    """The embeddings that the configurations in a run's directory tell of, and what they lack.

    ``folder`` is the directory, ``name`` its name relative to the log directory ("" for that).
    """
    embeddings: list[Embedding] = []
    gaps: list[Gap] = []
    for place in ("", PLUGIN_FOLDER):
        path = os.path.join(folder, place) if place else folder
        if os.path.lexists(os.path.join(path, CONFIG)):
            weights = Weights(folder, name)
            inner = Folder(path, "/".join(part for part in (name, place) if part), budget, weights)
            with weights:
                embeddings += _read_folder(inner)
            gaps += inner.gaps
    return tuple(embeddings), gaps


def _read_folder(folder: Folder) -> list[Embedding]:
    try:
        with Source.open(os.path.join(folder.path, CONFIG), folder.path) as source:
            config = _parse(source)
    except Unfit as error:
        folder.note(error)
        return []
    folder.weights.model_path = config.model_checkpoint_path
    wanted = _listed(config)
    wanted += _unlisted(folder.path, wanted)
    embeddings = []
    for each in _thinned(wanted, folder):
        try:
            embeddings.append(read_embedding(each, folder))
        except Unfit as error:
            reason = f"embedding {printable(each.name)!r}: {error}"
            folder.note(Unfit(error.kind, reason, error.count))
    return [each for each in embeddings if each is not None]


def _parse(source: Source) -> Any:
    """The ``ProjectorConfig`` in a text file; raises Unfit when there is none."""
    if source.size > MAX_CONFIG:
        raise Unfit(GapKind.LIMIT, f"{source.size} bytes of configuration")
    text = source.at(0, source.size).decode("utf-8-sig", "backslashreplace")
    if not text.strip():
        raise Unfit(GapKind.MALFORMED, "the projector's configuration is empty: no embeddings")
    # Some writers did not escape the backslashes of Windows, which then are escapes, or errors.
    problem = ""
    for written in (text, text.replace("\\", "\\\\")):
        try:
            config = message("ProjectorConfig")()
            text_format.Parse(written, config, allow_unknown_field=True)
        except (text_format.ParseError, RecursionError, ValueError) as error:
            problem = problem or str(error)[:200]
            continue
        if not any(_has_controls(info) for info in config.embeddings):
            return config
    raise Unfit(GapKind.MALFORMED, f"not a projector configuration: {problem or 'odd paths'}")


def _has_controls(info: Any) -> bool:
    """Whether a path holds control characters: a backslash that was meant as one."""
    paths = info.tensor_path + info.metadata_path + info.sprite.image_path
    return any(byte < 32 for byte in paths)


def _listed(config: Any) -> list[Wanted]:
    wanted: list[Wanted] = []
    seen: Counter[tuple[str, int | None]] = Counter()
    for info in config.embeddings:
        name, step = _name_and_step(info)
        tile = tuple(info.sprite.single_image_dim) * 2  # one number is both width and height
        wanted.append(
            Wanted(
                name,
                step,
                info.tensor_path,
                info.metadata_path,
                info.sprite.image_path,
                (tile[0], tile[1]) if tile else (0, 0),
                tuple(info.tensor_shape),
                seen[name, step],
            )
        )
        seen[name, step] += 1
    return wanted


def _name_and_step(info: Any) -> tuple[str, int | None]:
    """torch puts the step behind the name, ``default:00010``."""
    name = info.tensor_name.decode("utf-8", "backslashreplace")
    if not name:
        name = PurePosixPath(info.tensor_path.decode("utf-8", "backslashreplace")).stem
    stepped = _STEPPED_NAME.fullmatch(name)
    if stepped and info.tensor_path:
        return stepped[1], int(stepped[2])
    return name, None


def _unlisted(path: str, listed: Sequence[Wanted]) -> list[Wanted]:
    """Steps that torch wrote and its configuration, which each writer begins anew, forgot."""
    known = {(each.name, each.step) for each in listed}
    tiles = {each.name: each.tile for each in listed}
    wanted = []
    for step in _folders(path):
        if not _STEP_FOLDER.fullmatch(step):
            continue
        for tag in _folders(os.path.join(path, step)):
            name, base = unquote(tag), f"{step}/{tag}"
            files = {
                file: os.fsencode(f"{base}/{file}")
                for file in ("tensors.tsv", "metadata.tsv", "sprite.png")
                if os.path.lexists(os.path.join(path, base, file))
            }
            if "tensors.tsv" in files and (name, int(step)) not in known:
                tile = tiles.get(name, (0, 0))
                sprite = files.get("sprite.png", b"") if tile != (0, 0) else b""
                labels = files.get("metadata.tsv", b"")
                wanted.append(Wanted(name, int(step), files["tensors.tsv"], labels, sprite, tile))
    return wanted


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _thinned(wanted: Sequence[Wanted], folder: Folder) -> list[Wanted]:
    """``wanted`` by name and step, no more than ``MAX_STEPS`` steps of each name."""
    by_name: dict[str, list[Wanted]] = {}
    for each in wanted:
        by_name.setdefault(each.name, []).append(each)
    chosen = []
    for name, each_step in by_name.items():
        each_step.sort(key=lambda each: -1 if each.step is None else each.step)
        count = len(each_step)
        if count > MAX_STEPS:
            places = np.linspace(0, count - 1, MAX_STEPS).round().astype(int)
            reason = f"embedding {printable(name)!r}: {MAX_STEPS} of {count} steps are read"
            folder.note(Unfit(GapKind.LIMIT, reason, count - MAX_STEPS))
            each_step = [each_step[place] for place in places]
        chosen += each_step
    if len(chosen) > MAX_EMBEDDINGS:
        reason = f"{MAX_EMBEDDINGS} of {len(chosen)} embeddings are read"
        folder.note(Unfit(GapKind.LIMIT, reason, len(chosen) - MAX_EMBEDDINGS))
    return chosen[:MAX_EMBEDDINGS]


def logged_embeddings(run: Run) -> tuple[Embedding, ...]:
    """The last values of ``tensor`` summaries whose tags say that they are embeddings."""
    embeddings = []
    for tag, series in run.tensors.items():
        if "embed" not in tag.lower() or not len(series):
            continue
        last = series.values[-1]
        if last.ndim == 2 and last.dtype.kind in "fiu" and min(last.shape) > 1:
            values = last[:MAX_ROWS].astype(np.float32)
            embeddings.append(Embedding(tag, int(series.steps[-1]), values, {}, tag, len(last)))
    return tuple(embeddings)
