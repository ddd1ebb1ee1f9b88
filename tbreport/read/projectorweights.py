"""The checkpoint that an embedding's numbers are taken from, and which of its tensors is meant.

A projector configuration names a tensor, hardly ever a file: TensorBoard takes the latest
checkpoint of the directory. Keras writes its own in ``train/`` below it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf import text_format
from numpy.typing import NDArray

from tbreport.model import GapKind
from tbreport.names import natural_key
from tbreport.read import keras
from tbreport.read.bundle import Bundle
from tbreport.read.checkpoint import open_bundle
from tbreport.read.parameters import clean_name
from tbreport.read.sources import Source, Unfit, locate
from tbreport.read.steps import step_of
from tbreport.read.stored import Stored
from tbreport.read.wire import message

MAX_STATE = 1 << 20  # bytes of a file called "checkpoint"
FOLDERS = ("", "train")  # where a checkpoint is looked for


@dataclass(frozen=True)
class Found:
    """The first rows of a tensor of rank 2, of ``rows``; its file's name in the logs, and step."""

    name: str
    values: NDArray[np.float32]
    rows: int
    file: str
    step: int | None


@dataclass(frozen=True)
class _Tensor:
    """A tensor of a checkpoint: all its names, the best first, and how to read its first rows."""

    names: tuple[str, ...]
    shape: tuple[int, ...]
    load: Callable[[int], NDArray[Any]]


class Weights(contextlib.ExitStack):
    """The latest checkpoint in ``folder``, opened when it is first asked for.

    ``name`` is the folder's, relative to the log directory; ``model_path`` what the configuration
    says about the checkpoint, if it does.
    """

    def __init__(self, folder: str, name: str) -> None:
        super().__init__()
        self.model_path = b""
        self._folder, self._name = folder, name
        self._file = ""
        self._tensors: list[_Tensor] | None = None
        self._given: set[str] = set()

    def find(self, wanted: str, repeated: int, max_rows: int, max_values: int) -> Found | None:
        """The tensor that the configuration calls ``wanted``, or None if it was given before.

        ``repeated`` counts the embeddings before this one that are called the same: Keras gives
        one name to all of them. Raises Unfit.
        """
        if self._tensors is None:
            self._file = self._latest()
            self._tensors = self._open(self._file)
        tensor = self._match(wanted, repeated)
        if tensor.names[0] in self._given:
            return None
        self._given.add(tensor.names[0])
        if len(tensor.shape) != 2 or 0 in tensor.shape:
            raise Unfit(
                GapKind.MALFORMED, f"a tensor of shape {list(tensor.shape)} is no embedding"
            )
        rows, width = tensor.shape
        count = min(rows, max_rows, max_values // width)
        if not count:
            raise Unfit(GapKind.LIMIT, f"no room for rows of {width} numbers")
        values = tensor.load(count)
        if values.dtype.kind not in "fiu":
            raise Unfit(GapKind.UNKNOWN, f"an embedding of {values.dtype.name}")
        stem = os.path.basename(self._file).removesuffix(".index").removesuffix(".weights.h5")
        file = f"{self._name}/{self._file}" if self._name else self._file
        return Found(tensor.names[0], values.astype(np.float32), rows, file, step_of(stem))

    def _match(self, wanted: str, repeated: int) -> _Tensor:
        assert self._tensors is not None
        clean = clean_name(wanted)
        for tensor in self._tensors:
            if wanted in tensor.names or clean in tensor.names:
                return tensor
        rank_two = [tensor for tensor in self._tensors if len(tensor.shape) == 2]
        if self._file.endswith(".h5"):  # where no name is what TensorBoard's reader expects
            layers = [tensor for tensor in rank_two if tensor.names[0].endswith("/embeddings")]
            if repeated < len(layers):
                return layers[repeated]
        endings = [t for t in rank_two if any(name.endswith(f"/{clean}") for name in t.names)]
        if len(endings) == 1:
            return endings[0]
        raise Unfit(GapKind.UNREADABLE, f"no such tensor in {self._file!r}")

    def _open(self, file: str) -> list[_Tensor]:
        path = os.path.join(self._folder, file)
        if file.endswith(".index"):
            return _of_bundle(self.enter_context(open_bundle(path, self._folder)))
        source = self.enter_context(Source.open(path, self._folder))
        return [
            _Tensor((stored.name or stored.key, stored.key), stored.shape, _first_rows(stored))
            for stored in keras.contents(source).tensors
        ]

    def _latest(self) -> str:
        """The checkpoint to take, relative to the folder; raises Unfit when there is none."""
        for prefix in (self.model_path, *map(self._said_latest, FOLDERS)):
            if prefix:
                with contextlib.suppress(Unfit):
                    return locate(self._folder, prefix + b".index")
        for suffix in (".index", ".weights.h5"):
            for folder in FOLDERS:
                files = self._files(folder, suffix)
                if files:
                    return f"{folder}/{files[-1]}" if folder else files[-1]
        raise Unfit(GapKind.UNREADABLE, "no checkpoint that could hold it beside the configuration")

    def _said_latest(self, folder: str) -> bytes:
        """What the file ``checkpoint``, which TensorFlow keeps, names as the latest one."""
        place = os.path.join(self._folder, folder)
        try:
            with Source.open(os.path.join(place, "checkpoint"), self._folder) as source:
                text = source.at(0, min(source.size, MAX_STATE)).decode("utf-8", "backslashreplace")
            state = text_format.Parse(text, message("CheckpointState")(), allow_unknown_field=True)
        except (Unfit, text_format.ParseError, RecursionError, ValueError):
            return b""
        prefix = state.model_checkpoint_path
        return os.fsencode(folder) + b"/" + prefix if folder and prefix else bytes(prefix)

    def _files(self, folder: str, suffix: str) -> list[str]:
        """The names of the folder's files with that suffix, in order of their steps."""
        try:
            names = os.listdir(os.path.join(self._folder, folder))
        except OSError:
            return []
        found = [name for name in names if name.endswith(suffix)]
        stems = {name: name.removesuffix(suffix) for name in found}
        return sorted(found, key=lambda name: (step_of(stems[name]) or 0, natural_key(name)))


def _of_bundle(bundle: Bundle) -> list[_Tensor]:
    names = bundle.full_names()
    tensors = []
    for key in bundle.numeric_keys():
        text = key.decode("utf-8", "backslashreplace")
        every = (names.get(key, ""), clean_name(text), text)
        load = _rows_of(bundle, key)
        with contextlib.suppress(Unfit):
            tensors.append(_Tensor(tuple(filter(None, every)), bundle.shape(key), load))
    return tensors


def _rows_of(bundle: Bundle, key: bytes) -> Callable[[int], NDArray[Any]]:
    return lambda rows: bundle.values(key, rows)


def _first_rows(stored: Stored) -> Callable[[int], NDArray[Any]]:
    def load(rows: int) -> NDArray[Any]:
        if stored.load is None:
            raise stored.problem or Unfit(GapKind.UNKNOWN, "can't be read")
        return stored.load()[:rows]

    return load
