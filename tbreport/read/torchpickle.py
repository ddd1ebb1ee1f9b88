"""What the pickle of a torch file says: which tensors there are, under which names.

A closed list of names rebuilds tensors, as descriptions of where their numbers are; everything else
stays an inert placeholder. Sources: torch/_utils.py and torch/_tensor.py (the rebuild functions),
torch/serialization.py (persistent ids).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tbreport.model import GapKind
from tbreport.read.pickles import Global, Machine, Opaque
from tbreport.read.sources import Unfit
from tbreport.read.stored import MAX_NAME, MAX_TENSORS

MAX_DEPTH = 64  # containers in containers
_STORAGES = {
    "Float": "float32",
    "Double": "float64",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
    "ComplexFloat": "complex64",
    "ComplexDouble": "complex128",
}
# Calls into the standard library that are usual in checkpoints and only make values.
_HARMLESS = (
    "_codecs.encode",
    "argparse.",
    "builtins.bytearray",
    "builtins.complex",
    "builtins.frozenset",
    "builtins.range",
    "builtins.set",
    "builtins.slice",
    "__builtin__.set",
    "collections.",
    "copy_reg._reconstructor",
    "copyreg._reconstructor",
    "datetime.",
    "decimal.Decimal",
    "functools.partial",
    "pathlib.",
    "uuid.UUID",
)
# Calls of functions elsewhere that hold no weights: nothing is lost by leaving them out.
_HARMLESS_ELSEWHERE = (
    "numpy.",
    "torch.Size",
    "torch.device",
    "torch.jit._pickle.",
    "torch.serialization._get_layout",
)
# Where training loops put a state_dict: no part of its parameters' names.
_CONTAINERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "params",
    "weights",
)
_MODULE_PARTS = ("_parameters", "_buffers", "_modules")  # of a torch.nn.Module's state


@dataclass(frozen=True)
class Storage:
    """The member of the archive with a tensor's bytes, and their dtype ("" if untyped)."""

    key: str
    dtype: str


@dataclass(frozen=True)
class TensorView:
    """A view of a storage: offset and strides in numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str


@dataclass
class Saved:
    """What ``torch.save`` was given: (key, name, tensor) each, what is lost, the training step.

    ``name`` is empty unless it is better than the key.
    """

    tensors: list[tuple[str, str, TensorView]] = field(default_factory=list)
    gaps: list[Unfit] = field(default_factory=list)
    step: int | None = None


def follow(pickle: bytes) -> Saved:
    """The tensors that ``pickle`` describes; raises Unfit when it is damaged or too large."""
    machine = Machine(_persistent, _BUILDERS)
    root = machine.run(pickle)
    inside = _containers(root)
    saved = Saved(step=_step(root))
    lost: dict[str, list[str]] = {}  # the first few of each maker's
    counts: Counter[str] = Counter()
    for key, value in _walk(root):
        if isinstance(value, Opaque):
            counts[value.maker] += 1
            if counts[value.maker] <= 4:
                lost.setdefault(value.maker, []).append(key)
            continue
        if len(saved.tensors) >= MAX_TENSORS:
            raise Unfit(GapKind.LIMIT, f"more than {MAX_TENSORS} tensors")
        container, _, inner = key.partition(".")
        saved.tensors.append((key, inner if container in inside else "", value))
    saved.gaps += [_lost_tensors(maker, keys, counts[maker]) for maker, keys in lost.items()]
    saved.gaps += _refused_calls(machine.opaques, set(lost))
    return saved


def _walk(root: Any) -> Iterator[tuple[str, Any]]:
    """The tensors below ``root`` with dotted names, in order; and lost ones, as placeholders.

    Each container is visited once, so that shared ones can't multiply.
    """
    seen: set[int] = set()
    pending = [iter([("", root)])]
    while pending:
        name, value = next(pending[-1], ("", None))
        if isinstance(value, TensorView) or _is_lost(value):
            yield name, value
        elif isinstance(value, dict | list | tuple | Opaque) and id(value) not in seen:
            seen.add(id(value))
            if len(pending) < MAX_DEPTH and len(name) < MAX_NAME:
                pending.append(_children(value, name))
        elif value is None:
            pending.pop()


def _children(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Opaque):
        # An object's state stands for the object: its names go on where the object's ends.
        yield from ((name, part) for part in value.parts if isinstance(part, dict | Opaque))
        plain = [part for part in value.parts if isinstance(part, TensorView | list | tuple)]
        inner = [arg for arg in value.args if isinstance(arg, _HOLDERS)]
        yield from ((_joined(name, i), part) for i, part in enumerate((*inner, *plain)))
        return
    for key, child in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(child, _HOLDERS):
            yield (name if key in _MODULE_PARTS else _joined(name, key)), child


_HOLDERS = (TensorView, dict, list, tuple, Opaque)


def _joined(name: str, key: object) -> str:
    return f"{name}.{key!s:.200}" if name else f"{key!s:.200}"


def _is_lost(value: Any) -> bool:
    """Whether a placeholder stands for a tensor that can't be rebuilt here."""
    return isinstance(value, Opaque) and (
        value.maker.startswith(("torch._utils._rebuild", "torch._tensor._rebuild"))
        or any(isinstance(arg, Storage) for arg in value.args)
    )


def _lost_tensors(maker: str, names: list[str], count: int) -> Unfit:
    shown = ", ".join(repr(name) for name in names[:3]) + (" …" if len(names) > 3 else "")
    return Unfit(GapKind.REFUSED, f"made by {maker:.100}, not rebuilt here: {shown}", count)


def _refused_calls(opaques: list[Opaque], lost: set[str]) -> list[Unfit]:
    """One gap for all calls that torch would make and that could do anything."""
    makers = [opaque.maker for opaque in opaques if opaque.called and _is_doubtful(opaque.maker)]
    makers = [maker for maker in makers if maker not in lost]
    if not makers:
        return []
    names = list(dict.fromkeys(makers))
    shown = ", ".join(f"{name:.100}" for name in names[:5]) + (" …" if len(names) > 5 else "")
    return [Unfit(GapKind.REFUSED, f"would call {shown}: not called", len(makers))]


def _is_doubtful(maker: str) -> bool:
    """Whether calling ``maker`` may be more than making an object of some class.

    Classes of other packages (settings, enumerations) are told by their capital letter; in the
    standard library only a few are known to be harmless, since ``subprocess.Popen`` is a class too.
    """
    package, last = maker.partition(".")[0], maker.rpartition(".")[2]
    if package in sys.stdlib_module_names or package in ("__builtin__", "copy_reg"):
        return not maker.startswith(_HARMLESS)
    return not last[:1].isupper() and not maker.startswith(_HARMLESS_ELSEWHERE)


def _containers(root: Any) -> list[str]:
    """The keys under which a training loop put a whole state_dict, or module."""
    keys = _CONTAINERS if isinstance(root, dict) else ()
    return [key for key in keys if isinstance(root.get(key), dict | Opaque)]


def _step(root: Any) -> int | None:
    """The step that a training loop noted beside its weights."""
    for key in ("global_step", "step", "iteration"):
        value = root.get(key) if isinstance(root, dict) else None
        if type(value) is int and 0 <= value < 1 << 63:
            return value
    return None


def _persistent(args: tuple[Any, ...]) -> Any:
    """``("storage", class, key, device, count)``, the only persistent id that torch writes."""
    if len(args) < 3 or args[0] != "storage" or not isinstance(args[1], Global):
        return Opaque("<persistent id>", (), called=False)
    short = args[1].name.rpartition(".")[2].removesuffix("Storage")
    return Storage(str(args[2])[:100], _STORAGES.get(short, "" if short == "Untyped" else short))


def _rebuild_tensor(args: tuple[Any, ...]) -> Any:
    """``(storage, offset, size, stride, …)``; from the seventh on, v3 names the dtype."""
    match args:
        case (Storage() as storage, int(offset), tuple(shape), tuple(strides), *rest):
            dtype = storage.dtype
            if len(rest) > 2 and isinstance(rest[2], Global):
                dtype = rest[2].name.removeprefix("torch.")
            return TensorView(storage, offset, shape, strides, dtype or "uint8")
    return Opaque("torch._utils._rebuild_tensor", (), called=True)


def _rebuild_parameter(args: tuple[Any, ...]) -> Any:
    """``(tensor, requires_grad, hooks)``."""
    return args[0] if args else None


def _rebuild_subclass(args: tuple[Any, ...]) -> Any:
    """``(function, class, args, state)``: a tensor subclass holds what the tensor held."""
    match args:
        case (Global(name), _, tuple(inner), *_) if name in _REBUILDERS:
            return _REBUILDERS[name](inner)
    return Opaque("torch._tensor._rebuild_from_type_v2", args, called=True)


def _ordered_dict(args: tuple[Any, ...]) -> Any:
    return args[0] if args and isinstance(args[0], dict) else {}


def _size(args: tuple[Any, ...]) -> Any:
    return args[0] if args and isinstance(args[0], tuple) else ()


def _intlist(args: tuple[Any, ...]) -> Any:
    return args[0] if args else []


_REBUILDERS = {
    "torch._utils._rebuild_tensor": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": _rebuild_tensor,
    "torch._utils._rebuild_parameter": _rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": _rebuild_parameter,
}
_BUILDERS = {
    **_REBUILDERS,
    "torch._tensor._rebuild_from_type_v2": _rebuild_subclass,
    "collections.OrderedDict": _ordered_dict,
    "torch.Size": _size,
    "torch.jit._pickle.build_intlist": _intlist,
}
