"""Tensors of an ONNX file, as `Stored`."""

from __future__ import annotations

import math

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array
from slth.interop.files import shown
from slth.interop.limits import MAX_DIMENSIONS, MAX_WEIGHTS
from slth.interop.protobuf import Message
from slth.interop.tensors import NUMPY, Stored, flat, widened

TYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    16: "bfloat16",
}
"""TensorProto.DataType; other numbers are types that slth does not read."""
DIMS, TYPE, SEGMENT, SINGLES, INT32S, INT64S, NAME, RAW, DOUBLES, EXTERNAL, LOCATION = (
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    10,
    13,
    14,
)
"""Field numbers of TensorProto."""


def stored_tensor(tensor: Message) -> Stored:
    """An initializer as something that can be read, or says why not."""
    shape = tuple(tensor.integers(DIMS))
    kind = tensor.integer(TYPE)
    dtype = TYPES.get(kind, f"ONNX type {kind}")
    problem: str | None = None
    if tensor.has(EXTERNAL) or tensor.integer(LOCATION) != 0:
        problem = "lies in another file, which slth does not open: save the model with its weights inside"
    elif tensor.has(SEGMENT):
        problem = "is stored in segments; export the model again"
    elif kind not in TYPES:
        problem = f"has the number type {dtype}, which slth does not read; save it as float32"
    elif len(shape) > MAX_DIMENSIONS or any(not 0 <= size < 1 << 40 for size in shape):
        problem = "has a malformed shape"
    elif math.prod(shape) > MAX_WEIGHTS:
        problem = f"holds more than {MAX_WEIGHTS} numbers"
    return Stored(dtype, shape if problem is None else (), problem, lambda: _numbers(tensor, dtype, shape))


def _numbers(tensor: Message, dtype: str, shape: tuple[int, ...]) -> Array:
    values = _raw(tensor, dtype) if tensor.has(RAW) else _listed(tensor, dtype)
    if len(values) != math.prod(shape):
        raise BadFile("has another number of entries than its shape says; export the model again")
    out = widened(values, dtype).reshape(shape)
    out.flags.writeable = False
    return out


def _raw(tensor: Message, dtype: str) -> Array:
    data = b"".join(tensor.blocks(RAW))
    others = (SINGLES, INT32S, INT64S, DOUBLES)
    if len(data) % np.dtype(NUMPY[dtype]).itemsize or any(tensor.has(number) for number in others):
        raise BadFile("holds its numbers twice, or half of one; export the model again")
    return flat(data, dtype)


def _listed(tensor: Message, dtype: str) -> Array:
    """Numbers in the typed fields, which small constants use."""
    if dtype == "float32":
        return tensor.reals(SINGLES, "<f4")
    if dtype == "float64":
        return tensor.reals(DOUBLES, "<f8")
    if dtype not in ("int64", "int32"):
        raise BadFile(f"of type {shown(dtype)} is not stored as raw bytes; export the model again")
    return np.array(tensor.integers(INT64S if dtype == "int64" else INT32S), np.int64)
