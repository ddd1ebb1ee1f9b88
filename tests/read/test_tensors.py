"""Tensors: every dtype in either form as TensorBoard makes it, and no byte that was not logged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tensorboard.compat.proto import tensor_pb2
from tensorboard.util import tensor_util

from tbreport.limits import DEFAULT
from tbreport.read.tensors import BadTensor, decode
from tbreport.read.wire import message
from tests.writer import strings, tensor

MAX_REPEATED = DEFAULT.repeated_values

DTYPES = ("f4", "f8", "i4", "u1", "i2", "i1", "c8", "i8", "?", "u2", "c16", "f2", "u4", "u8")
BFLOAT16, HALF, STRING = 14, 19, 7


def raw(dtype: int, shape: tuple[int, ...] = (), **fields) -> bytes:
    made = message("Tensor")(dtype=dtype, **fields)
    for size in shape:
        made.tensor_shape.dim.add(size=size)
    return made.SerializeToString()


@pytest.mark.parametrize("loose", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_dtype_in_either_form(dtype, loose):
    array = np.arange(-3, 3).astype(dtype).reshape(2, 3)
    if array.dtype.kind == "c":
        array += 1j
    np.testing.assert_array_equal(decode(tensor(array, loose)), array, strict=True)


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype not in ("u4", "u8")])
@given(data=st.data())
def test_a_tensor_by_tensorboard_is_the_array_that_it_was_made_of(dtype, data):
    array = data.draw(hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, max_side=3)))
    made = tensor_util.make_tensor_proto(array)
    np.testing.assert_array_equal(decode(made.SerializeToString()), array, strict=True)


@pytest.mark.parametrize("items", [b"a", [b"a", b"", b"\xff\x00"], [[b"a"], [b"b"]], []])
def test_strings(items):
    found = decode(tensor(strings(items)))
    assert (found.dtype, found.tolist()) == (object, items)


@pytest.mark.parametrize(
    ("dtype", "fields"),
    [
        (1, {"float_val": [2.5]}),
        (3, {"int_val": [7]}),
        (10, {"bool_val": [True]}),
        (19, {"half_val": [0x3C00]}),
        (8, {"scomplex_val": [1.0, 2.0]}),
        (9, {"int64_val": [1 << 40]}),
    ],
)
def test_one_value_stands_for_all_as_in_tensorboard(dtype, fields):
    data = raw(dtype, (2, 3), **fields)
    theirs = tensor_util.make_ndarray(tensor_pb2.TensorProto.FromString(data))
    np.testing.assert_array_equal(decode(data), theirs, strict=True)


def test_the_last_value_stands_for_those_that_are_missing_as_in_tensorflow():
    assert decode(raw(1, (5,), float_val=[1, 2])).tolist() == [1, 2, 2, 2, 2]
    assert decode(raw(1, (2, 2))).tolist() == [[0, 0], [0, 0]]
    assert decode(raw(1)).tolist() == 0


@pytest.mark.parametrize("loose", [False, True])
def test_bfloat16_is_widened_to_float32(loose):
    bits = [0x3F80, 0xC000, 0x7F80, 0x0001]
    fields = {"half_val": bits} if loose else {"tensor_content": np.array(bits, "<u2").tobytes()}
    found = decode(raw(BFLOAT16, (4,), **fields))
    expected = np.array([1.0, -2.0, np.inf, 2.0**-133], "f4")
    np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("loose", [False, True])
def test_half_precision_keeps_its_dtype(loose):
    array = np.array([1.5, -2.0, np.inf], "f2")
    np.testing.assert_array_equal(decode(tensor(array, loose)), array, strict=True)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xff", "not a tensor"),
        (b"", "unknown dtype 0"),
        (raw(12), "unknown dtype 12"),  # a quantized integer
        (raw(1, (-5,), float_val=[1]), "a dimension is negative"),
        (raw(STRING, (-1,), string_val=[b"x"]), "a dimension is negative"),
        (raw(1, (2,), float_val=[1, 2, 3]), "3 values for a shape of 2"),
        (raw(1, (MAX_REPEATED + 1,), float_val=[1]), "1 values for a shape of 1048577"),
        (raw(1, (1 << 33,), float_val=[1]), "1 values for a shape of 8589934592"),
        (raw(1, (2**62, 2**62), float_val=[1]), "1 values for a shape of"),
        (raw(1, (3,), tensor_content=b"1234"), "4 bytes for 3 values of float32"),
        (raw(8, (1,), tensor_content=b"1234"), "4 bytes for 1 values of complex64"),
        (raw(1, (2**62, 2**62), tensor_content=b"1234"), "4 bytes for .* values of float32"),
        (raw(1, (1,) * 65, float_val=[1]), "this shape of 65 dimensions"),
        (
            raw(STRING, (1,) * 65, string_val=[b"x"]),
            "this shape of 65 dimensions",
        ),
        (raw(1, (0, 2**62, 2**62)), "this shape of 3 dimensions"),
        (raw(STRING, (0, 2**62, 2**62)), "this shape of 3 dimensions"),
    ],
)
def test_what_is_no_tensor_is_refused_before_it_is_built(data, message):
    with pytest.raises(BadTensor, match=message):
        decode(data)


def test_as_many_values_as_the_limit_may_be_repeated():
    assert decode(raw(1, (MAX_REPEATED,), float_val=[1])).shape == (MAX_REPEATED,)


def test_a_shape_does_not_make_more_strings_than_there_are():
    assert decode(raw(STRING, (1 << 31,), string_val=[b"x"])).tolist() == [b"x"]


@given(
    dtype=st.integers(0, 25),
    shape=st.lists(st.integers(-1, 3) | st.integers(-(2**63), 2**63 - 1), max_size=4).map(tuple),
    content=st.binary(max_size=24),
    numbers=st.lists(st.integers(0, 100), max_size=6),
)
def test_any_claim_is_a_tensor_of_no_more_than_the_limit_or_refused(dtype, shape, content, numbers):
    fields = {"float_val": numbers, "int_val": numbers, "half_val": numbers}
    words = [bytes([number]) for number in numbers]
    try:
        found = decode(raw(dtype, shape, tensor_content=content, string_val=words, **fields))
    except BadTensor:
        return
    assert found.shape == shape or found.shape == (len(words),)
    assert found.size <= MAX_REPEATED


@given(st.binary(max_size=60))
def test_any_bytes_are_a_tensor_or_refused(data):
    try:
        decode(data)
    except BadTensor as error:
        assert str(error)
