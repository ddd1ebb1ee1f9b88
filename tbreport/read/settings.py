"""Settings beside event files: Lightning's ``hparams.yaml``, Ultralytics' ``args.yaml``."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tbreport.model import Gap, GapKind, HParam, HParams
from tbreport.read.sources import Source, Unfit

FILES = ("hparams.yaml", "args.yaml")
MAX_BYTES = 1 << 18  # Python takes seconds for more
MAX_VALUES = 1000  # aliases can make a small file stand for billions of values
MAX_DEPTH = 8


def read_settings(directory: Path, name: str) -> tuple[HParams | None, list[Gap]]:
    """The settings in the first file of FILES in ``directory``, nested ones as ``a.b``.

    Only plain YAML is read: a tag that asks for a Python object makes the file a gap. ``name`` is
    the directory as gaps call it.
    """
    for file in FILES:
        path = directory / file
        if not path.is_file():
            continue
        place = f"{name}/{file}" if name else file
        try:
            with Source.open(path, str(directory)) as source:
                if source.size > MAX_BYTES:
                    return None, [Gap(GapKind.LIMIT, place, f"more than {MAX_BYTES:,} bytes")]
                content = yaml.safe_load(source.at(0, source.size).decode())
        except Unfit as error:
            return None, [Gap(error.kind, place, str(error))]
        except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
            what = str(getattr(error, "problem", "") or "not YAML")
            kind = GapKind.REFUSED if "python" in what else GapKind.MALFORMED
            return None, [Gap(kind, place, f"settings not read: {what[:200]}")]
        if isinstance(content, Mapping) and content:
            return HParams(dict(_flat(content, "", MAX_DEPTH, [MAX_VALUES])), source=file), []
    return None, []


def _flat(
    values: Mapping[Any, Any], prefix: str, depth: int, left: list[int]
) -> Iterator[tuple[str, HParam]]:
    for key, value in values.items():
        if left[0] <= 0:
            return
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and depth > 1:
            yield from _flat(value, f"{name}.", depth - 1, left)
            continue
        left[0] -= 1
        yield name, _plain(value)


def _plain(value: Any) -> HParam:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return str(value)
    if isinstance(value, str):
        return value[:500]
    return "" if value is None else reprlib.repr(value)  # bounded, whatever aliases stand for
