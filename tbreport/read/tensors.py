"""TensorProto to numpy: every dtype that writers use, sizes checked before anything is built."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tbreport.limits import DEFAULT
from tbreport.read.wire import DecodeError, message

STRING = 7  # DT_STRING
_BFLOAT16 = 14
_HALF = 19
_COMPLEX = {8: "<c8", 18: "<c16"}
# tensorflow/core/framework/types.proto: dtype -> (numpy dtype, field of loose values)
_NUMERIC: dict[int, tuple[str, str]] = {
    1: ("<f4", "float_val"),
    2: ("<f8", "double_val"),
    3: ("<i4", "int_val"),
    4: ("u1", "int_val"),
    5: ("<i2", "int_val"),
    6: ("i1", "int_val"),
    8: ("<f4", "scomplex_val"),
    9: ("<i8", "int64_val"),
    10: ("?", "bool_val"),
    _BFLOAT16: ("<u2", "half_val"),
    17: ("<u2", "int_val"),
    18: ("<f8", "dcomplex_val"),
    _HALF: ("<u2", "half_val"),
    22: ("<u4", "uint32_val"),
    23: ("<u8", "uint64_val"),
}
_Tensor = message("Tensor")


class BadTensor(ValueError):
    """The bytes are no tensor, or not the one they claim to be; the text says what is wrong.

    ``over_limit`` says that it may be one, but claims more than is believed.
    """

    def __init__(self, reason: str, *, over_limit: bool = False) -> None:
        super().__init__(reason)
        self.over_limit = over_limit


def decode(data: bytes, repeated: int = DEFAULT.repeated_values) -> NDArray[Any]:
    """The array in a serialized TensorProto; strings come as dtype object holding bytes.

    ``repeated`` is how many elements one stored value may stand for ("splat").
    A tensor of strings whose number differs from its shape comes with shape (n,). Raises BadTensor.
    """
    try:
        tensor = _Tensor.FromString(data)
    except DecodeError as error:
        raise BadTensor("not a tensor") from error
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    if any(size < 0 for size in shape):
        raise BadTensor(f"a dimension is negative: {list(shape)}")
    if tensor.dtype == STRING:
        return _strings(list(tensor.string_val), shape)
    if tensor.dtype not in _NUMERIC:
        raise BadTensor(f"unknown dtype {tensor.dtype}")
    return _numbers(tensor, shape, repeated)


def _strings(values: list[bytes], shape: tuple[int, ...]) -> NDArray[np.object_]:
    array = np.empty(len(values), object)
    array[:] = values
    return _shaped(array, shape) if math.prod(shape) == len(values) else array


def _numbers(tensor: Any, shape: tuple[int, ...], repeated: int) -> NDArray[Any]:
    dtype, field = _NUMERIC[tensor.dtype]
    count = math.prod(shape)
    if tensor.tensor_content:
        flat = _from_content(tensor.tensor_content, tensor.dtype, dtype, count)
    else:
        flat = _from_values(getattr(tensor, field), tensor.dtype, dtype, count, repeated)
    if tensor.dtype == _HALF:
        flat = flat.view(np.float16)
    elif tensor.dtype == _BFLOAT16:
        flat = (flat.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return _shaped(flat, shape)


def _shaped(flat: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    try:
        return flat.reshape(shape)
    except ValueError as error:  # numpy limits the rank, and the product of all sizes but 0
        raise BadTensor(f"no array can have this shape of {len(shape)} dimensions") from error


def _from_content(content: bytes, code: int, dtype: str, count: int) -> NDArray[Any]:
    dtype = _COMPLEX.get(code, dtype)
    if len(content) != count * np.dtype(dtype).itemsize:
        raise BadTensor(f"{len(content)} bytes for {count} values of {np.dtype(dtype).name}")
    return np.frombuffer(content, dtype)


def _from_values(values: Any, code: int, dtype: str, count: int, repeated: int) -> NDArray[Any]:
    loose = np.array(values, np.int64 if code in (_HALF, _BFLOAT16) else None)
    flat = loose.astype(dtype) if len(loose) else np.zeros(0, dtype)
    if code in _COMPLEX:
        flat = flat[: len(flat) // 2 * 2].view(_COMPLEX[code])
    if len(flat) == count:
        return flat
    # TensorFlow repeats the last value to fill the shape; an empty list stands for zeros.
    if len(flat) > count:
        raise BadTensor(f"{len(flat)} values for a shape of {count}")
    if count > repeated:
        told = f"limit repeated_values={repeated}"
        raise BadTensor(f"{len(flat)} values for a shape of {count} ({told})", over_limit=True)
    fill = flat[-1] if len(flat) else flat.dtype.type(0)
    return np.concatenate([flat, np.full(count - len(flat), fill, flat.dtype)])
