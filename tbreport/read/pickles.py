"""Pickles as data: their opcodes are followed, nothing that they name is imported or called.

The standard library's ``pickletools`` splits a pickle into opcodes and arguments; the machine here
moves plain values, and inert placeholders where a pickle names a class or wants something called.
What a few names stand for is up to the caller (``builders``); they get values and return values.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tbreport.model import GapKind
from tbreport.read.sources import Unfit

MAX_PICKLE = 32 << 20  # bytes
MAX_OPCODES = 1_000_000  # a tensor takes about 35, and its optimizer slots twice as many

Builder = Callable[[tuple[Any, ...]], Any]


@dataclass(frozen=True)
class Global:
    """A name that the pickle wants imported: ``module.name``, never looked up."""

    name: str


@dataclass(eq=False, slots=True)
class Opaque:
    """What would have become an object: who was to make it of what, and what it was to be given.

    ``called`` tells whether a function was to be called, which can be any, from an instance of a
    class that was only to be filled. ``parts`` are the states, items and dictionaries it was given.
    """

    maker: str
    args: tuple[Any, ...]
    called: bool
    parts: list[Any] = field(default_factory=list)


class _Mark:
    """Where a group of values begins on the stack."""


_MARK = _Mark()
_KEYS = (str, int, float, bool, bytes, type(None))


class Machine:
    """Follows one pickle; ``opaques`` are the placeholders it made, in order.

    ``persistent`` says what a persistent id stands for; ``builders`` what calling a name gives.
    """

    def __init__(self, persistent: Builder, builders: Mapping[str, Builder]) -> None:
        self.opaques: list[Opaque] = []
        self._persistent = persistent
        self._builders = builders
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        """The value that the pickle holds. Raises Unfit for what is no pickle, or too large."""
        if len(data) > MAX_PICKLE:
            raise Unfit(GapKind.LIMIT, f"a pickle of {len(data)} bytes")
        try:
            for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
                if count > MAX_OPCODES:
                    raise Unfit(GapKind.LIMIT, f"a pickle of more than {MAX_OPCODES} opcodes")
                if opcode.name == "STOP":
                    break
                self._step(opcode.name, argument)
            return self._pop()
        except (ValueError, IndexError, KeyError, OverflowError, TypeError) as error:
            raise Unfit(GapKind.MALFORMED, f"not a whole pickle: {error!s:.100}") from error

    def _step(self, name: str, argument: Any) -> None:
        if name in _PUSHED:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _METHODS:
            _METHODS[name](self)
        elif name in _WITH_ARGUMENT:
            _WITH_ARGUMENT[name](self, argument)
        elif name not in _IGNORED:
            raise ValueError(f"opcode {name}")

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value should be")
        return value

    def _pop_group(self) -> list[Any]:
        """The values above the last mark, which goes too."""
        for place in range(len(self._stack) - 1, -1, -1):
            if self._stack[place] is _MARK:
                group = self._stack[place + 1 :]
                del self._stack[place:]
                return group
        raise ValueError("no mark")

    def _pop_mark(self) -> None:
        self._pop_group()

    def _top(self) -> Any:
        return self._stack[-1]

    def _mark(self) -> None:
        self._stack.append(_MARK)

    def _tuple(self, size: int) -> None:
        values = [self._pop() for _ in range(size)]
        self._stack.append(tuple(values[::-1]))

    def _list(self) -> None:
        self._stack.append(self._pop_group())

    def _group_tuple(self) -> None:
        self._stack.append(tuple(self._pop_group()))

    def _dict(self) -> None:
        made: dict[Any, Any] = {}
        _fill(made, self._pop_group())
        self._stack.append(made)

    def _append(self, values: list[Any]) -> None:
        target = self._top()
        if isinstance(target, Opaque):
            target.parts.extend(values)
        elif isinstance(target, list):
            target.extend(values)
        else:
            raise ValueError("appends to what is no list")

    def _set_items(self, values: list[Any]) -> None:
        target = self._top()
        if isinstance(target, Opaque):
            pairs: dict[Any, Any] = {}
            target.parts.append(pairs)
            target = pairs
        if isinstance(target, dict):
            _fill(target, values)
        else:
            raise ValueError("sets items of what is no dictionary")

    def _make(self, maker: Any, args: Any, called: bool) -> None:
        """Put what ``maker`` would make of ``args`` on the stack: a placeholder, as a rule."""
        args = args if isinstance(args, tuple) else (args,)
        name = maker.name if isinstance(maker, Global) else f"<{type(maker).__name__}>"
        self._stack.append(self.build(name, args, called))

    def build(self, name: str, args: tuple[Any, ...], called: bool = True) -> Any:
        """What calling ``name`` gives: a builder's value, or a placeholder."""
        if name in self._builders:
            return self._builders[name](args)
        opaque = Opaque(name, args, called)
        self.opaques.append(opaque)
        return opaque

    def _reduce(self) -> None:
        args = self._pop()
        self._make(self._pop(), args, called=True)

    def _new(self) -> None:
        args = self._pop()
        self._make(self._pop(), args, called=False)

    def _new_with_keywords(self) -> None:
        keywords, args = self._pop(), self._pop()
        self._make(self._pop(), (args, keywords), called=False)

    def _object(self) -> None:
        maker, *args = self._pop_group()
        self._make(maker, tuple(args), called=True)

    def _instance(self, name: str) -> None:
        self._make(_global(name), tuple(self._pop_group()), called=True)

    def _build(self) -> None:
        state = self._pop()
        if isinstance(self._top(), Opaque):
            self._top().parts.append(state)

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise ValueError("a global whose name is no text")
        self._stack.append(Global(f"{module}.{name}"))

    def _put(self, place: int) -> None:
        self._memo[place] = self._top()

    def _persist(self, identity: Any) -> None:
        args = identity if isinstance(identity, tuple) else (identity,)
        self._stack.append(self._persistent(args))


def _global(argument: str) -> Global:
    module, _, name = argument.partition(" ")
    return Global(f"{module}.{name}")


def _fill(target: dict[Any, Any], values: list[Any]) -> None:
    """Set keys and values in turn; only plain keys, whose hash can't be made to take for ever."""
    for place in range(0, len(values) - 1, 2):
        key = values[place]
        target[key if isinstance(key, _KEYS) else f"<{type(key).__name__} {place}>"] = values[
            place + 1
        ]


_PUSHED = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
        *("BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    )
)
_IGNORED = frozenset(("PROTO", "FRAME", "READONLY_BUFFER"))
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_METHODS: dict[str, Callable[[Machine], None]] = {
    "MARK": Machine._mark,
    "POP": lambda machine: machine._stack.pop(),
    "POP_MARK": Machine._pop_mark,
    "DUP": lambda machine: machine._stack.append(machine._top()),
    "EMPTY_TUPLE": lambda machine: machine._stack.append(()),
    "EMPTY_LIST": lambda machine: machine._stack.append([]),
    "EMPTY_SET": lambda machine: machine._stack.append([]),
    "EMPTY_DICT": lambda machine: machine._stack.append({}),
    "TUPLE": Machine._group_tuple,
    "TUPLE1": lambda machine: machine._tuple(1),
    "TUPLE2": lambda machine: machine._tuple(2),
    "TUPLE3": lambda machine: machine._tuple(3),
    "LIST": Machine._list,
    "FROZENSET": Machine._list,
    "DICT": Machine._dict,
    "APPEND": lambda machine: machine._append([machine._pop()]),
    "APPENDS": lambda machine: machine._append(machine._pop_group()),
    "ADDITEMS": lambda machine: machine._append(machine._pop_group()),
    "SETITEM": lambda machine: machine._set_items([machine._pop(), machine._pop()][::-1]),
    "SETITEMS": lambda machine: machine._set_items(machine._pop_group()),
    "REDUCE": Machine._reduce,
    "NEWOBJ": Machine._new,
    "NEWOBJ_EX": Machine._new_with_keywords,
    "OBJ": Machine._object,
    "BUILD": Machine._build,
    "STACK_GLOBAL": Machine._stack_global,
    "MEMOIZE": lambda machine: machine._put(len(machine._memo)),
    "BINPERSID": lambda machine: machine._persist(machine._pop()),
}
_WITH_ARGUMENT: dict[str, Callable[[Machine, Any], None]] = {
    "GLOBAL": lambda machine, name: machine._stack.append(_global(name)),
    "INST": Machine._instance,
    "PERSID": Machine._persist,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), Machine._put),
    **dict.fromkeys(
        ("GET", "BINGET", "LONG_BINGET"),
        lambda machine, place: machine._stack.append(machine._memo[place]),
    ),
}
