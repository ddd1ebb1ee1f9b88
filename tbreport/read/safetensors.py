"""safetensors files: the length of a JSON header, the header, and the tensors' bytes.

Format: github.com/huggingface/safetensors, README "Format".
"""

from __future__ import annotations

import functools
import json
import struct
from typing import Any

from numpy.typing import NDArray

from tbreport.model import GapKind
from tbreport.read.sources import Source, Unfit
from tbreport.read.stored import (
    MAX_NAME,
    MAX_TENSORS,
    Contents,
    Stored,
    checked_shape,
    from_bytes,
    stored_bytes,
)

FORMAT = "safetensors"
MAX_HEADER = 8 << 20  # bytes; a header of 50,000 tensors is about 5 MB
_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
    "C64": "complex64",
}
_LAYOUTS = {"pt": "OIHW", "tf": "HWIO", "flax": "HWIO"}


def contents(source: Source) -> Contents:
    """The tensors of a safetensors file; raises Unfit when its header can't be read."""
    (length,) = struct.unpack("<Q", source.at(0, 8))
    if length > MAX_HEADER:
        kind = GapKind.LIMIT if length <= source.size else GapKind.MALFORMED
        raise Unfit(kind, f"a header of {length} bytes")
    try:
        header = json.loads(source.at(8, length))
    except (ValueError, RecursionError) as error:
        raise Unfit(GapKind.MALFORMED, "not a safetensors header") from error
    if not isinstance(header, dict) or len(header) > MAX_TENSORS:
        raise Unfit(GapKind.MALFORMED, "not a safetensors header")
    metadata = header.pop("__metadata__", None)
    said = metadata.get("format") if isinstance(metadata, dict) else None
    found = Contents(FORMAT, layout=_LAYOUTS.get(said, "") if isinstance(said, str) else "")
    data = source.stretch(8 + length, source.size - 8 - length)
    for name, entry in header.items():
        found.tensors.append(_stored(name[:MAX_NAME], entry, data))
    return found


def _stored(name: str, entry: Any, data: Source) -> Stored:
    shape: tuple[int, ...] = ()
    dtype = "unknown"
    try:
        code, dimensions, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        dtype = _DTYPES.get(code, f"{code:.40}")
        shape = checked_shape(dimensions)
        if type(start) is not int or type(end) is not int or not 0 <= start <= end <= data.size:
            raise Unfit(GapKind.MALFORMED, "its bytes are past the end of the file")
        if end - start != stored_bytes(shape, dtype):
            reason = f"{end - start} bytes for a {dtype} of shape {list(shape)}"
            raise Unfit(GapKind.MALFORMED, reason)
    except Unfit as problem:
        return Stored(name, shape, dtype, None, "", problem)
    except (KeyError, TypeError, ValueError):
        odd = Unfit(GapKind.MALFORMED, "its entry in the header is no tensor's")
        return Stored(name, shape, dtype, None, "", odd)
    return Stored(name, shape, dtype, functools.partial(_load, data, start, end, shape, dtype))


def _load(data: Source, start: int, end: int, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    return from_bytes(data.at(start, end - start), shape, dtype)
