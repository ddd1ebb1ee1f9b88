"""Settings beside event files: Lightning's ``hparams.yaml``, Ultralytics' ``args.yaml``."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tbreport.model import Gap, GapKind, HParam, HParams

FILES = ("hparams.yaml", "args.yaml")
MAX_BYTES = 1 << 20
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
            if path.stat().st_size > MAX_BYTES:
                return None, [Gap(GapKind.LIMIT, place, f"more than {MAX_BYTES:,} bytes")]
            with open(os.open(path, os.O_RDONLY), encoding="utf-8") as stream:
                content = yaml.safe_load(stream)
        except OSError as error:
            return None, [Gap(GapKind.UNREADABLE, place, f"can't be read: {error.strerror}")]
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
