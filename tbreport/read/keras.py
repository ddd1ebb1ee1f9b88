"""Keras weights: HDF5 files of Keras 2 and 3, and the ``.keras`` zip around one of them.

Keras 3 numbers a layer's variables instead of naming them, in groups called after the layer's
class; their names are told from the class. Sources: keras/src/saving/saving_lib.py,
keras/src/legacy/saving/legacy_h5_format.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from tbreport.names import natural_key
from tbreport.read.hdf5 import Dataset, Group, Reader
from tbreport.read.sources import Source
from tbreport.read.stored import MAX_NAME, Contents, Stored

FORMAT = "Keras HDF5"
WEIGHTS = "model.weights.h5"  # in a .keras zip
_KERNEL = ("kernel", "bias")
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_CELL = ("kernel", "recurrent_kernel", "bias")
# The class of a layer in snake case -> its variables in the order in which they are built.
_VARIABLES = {
    "conv1d": _KERNEL,
    "conv2d": _KERNEL,
    "conv3d": _KERNEL,
    "conv1d_transpose": _KERNEL,
    "conv2d_transpose": _KERNEL,
    "conv3d_transpose": _KERNEL,
    "depthwise_conv1d": _KERNEL,
    "depthwise_conv2d": _KERNEL,
    "separable_conv1d": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "separable_conv2d": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "dense": _KERNEL,
    "einsum_dense": _KERNEL,
    "embedding": ("embeddings",),
    "batch_normalization": _NORM,
    "layer_normalization": _NORM[:2],
    "group_normalization": _NORM[:2],
    "lstm_cell": _CELL,
    "gru_cell": _CELL,
    "simple_rnn_cell": _CELL,
}
_CELLS = {"lstm": "lstm_cell", "gru": "gru_cell", "simple_rnn": "simple_rnn_cell"}


def contents(source: Source) -> Contents:
    """The tensors of an HDF5 file; raises Unfit when it is damaged or of a kind not read here."""
    reader = Reader(source)
    found = Contents(FORMAT, layout="HWIO")
    for path, dataset in _datasets(reader.root(), ()):
        key = "/".join(member for member, _ in path)[:MAX_NAME]
        load = None if dataset.problem else functools.partial(reader.load, dataset)
        name = _name(path)[:MAX_NAME]
        found.tensors.append(Stored(key, dataset.shape, dataset.dtype, load, name, dataset.problem))
    return found


_Path = tuple[tuple[str, Group | Dataset], ...]


def _datasets(group: Group, path: _Path) -> Iterator[tuple[_Path, Dataset]]:
    """The datasets below ``group`` in natural order, with the way to each."""
    for name in sorted(group.members, key=natural_key):
        member = group.members[name]
        below = (*path, (name, member))
        if isinstance(member, Dataset):
            yield below, member
        else:
            yield from _datasets(member, below)


def _name(path: _Path) -> str:
    """What Keras calls the variable at the end of ``path``, or "" where it does not say."""
    members = [name for name, _ in path]
    if "vars" in members[:-1]:
        return _numbered_name(path)
    if members[0] == "model_weights":  # a whole model: model_weights/<layer>/<variable's path>
        members = members[1:]
    if len(members) > 2 and members[0] in members[1:-1]:
        members = members[1:]  # the layer stands before a path that holds it again
    return "/".join(members).removesuffix(":0")


def _numbered_name(path: _Path) -> str:
    """``layers/conv2d_1/vars/0`` as ``stem/kernel``, for a layer that was named "stem"."""
    names: list[str] = []
    kind, variables = "", 0
    for member, group in path[:-2]:
        if member not in ("layers", "_layer_checkpoint_dependencies"):
            kind = _class(member, kind)
            names.append(_given_name(group) or member)
    holder = path[-2][1]
    if isinstance(holder, Group):
        variables = len(holder.members)
    return "/".join([*names, _variable(kind, path[-1][0], variables)])


def _class(member: str, outer: str) -> str:
    """The class that a group is called after; a recurrent layer's variables are its cell's."""
    return _CELLS.get(outer, "cell") if member == "cell" else re.sub(r"_\d+$", "", member)


def _given_name(group: Group | Dataset) -> str:
    inner = group.members.get("vars") if isinstance(group, Group) else None
    return inner.texts.get("name", "") if isinstance(inner, Group) else ""


def _variable(kind: str, number: str, count: int) -> str:
    """The name of a layer's variable, or its number where the class does not tell."""
    names = _VARIABLES.get(kind, ())
    if kind == "batch_normalization" and count != len(_NORM):  # without a scale or a center
        names = ()
    return names[int(number)] if number.isdecimal() and int(number) < len(names) else number
