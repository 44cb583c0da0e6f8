"""Tensors that lie in a file: what they say about themselves, and their numbers once asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array
from slth.interop.limits import MAX_DIMENSIONS, MAX_WEIGHTS
from slth.interop.standins import StorageRef, TensorRef

NUMPY = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "bfloat16": "<u2",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "|i1",
    "uint64": "<u8",
    "uint32": "<u4",
    "uint16": "<u2",
    "uint8": "|u1",
    "bool": "|u1",
}
"""How each readable dtype lies in a file; bfloat16 is widened to float32 as soon as it is read."""
FLOATS = ("float64", "float32", "float16", "bfloat16")


@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor in a file.

    Parameters
    ----------
    dtype : str
        A key of NUMPY, or the name of a type that slth does not read.
    shape : tuple of int
    problem : str or None
        Why it cannot be read.
    fetch : callable
        Reads the numbers; use `load`.
    """

    dtype: str
    shape: tuple[int, ...]
    problem: str | None
    fetch: Callable[[], Array]

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)

    def load(self) -> Array:
        """The numbers, read-only; bfloat16 becomes float32, which is exact.

        Raises
        ------
        BadFile
            When the tensor has a problem, or its bytes are damaged.
        """
        if self.problem:
            raise BadFile(self.problem)
        return self.fetch()


class Storages(Protocol):
    """Where the numbers of a torch file lie."""

    def flat(self, ref: StorageRef) -> Array:
        """The whole storage as a read-only vector of its file type."""


def stored(ref: TensorRef, storages: Storages) -> Stored:
    """The tensor of a torch file as something that can be read, or says why not."""
    sizes = _integers(ref.size)
    if ref.problem or ref.storage is None or sizes is None:
        dtype = ref.storage.dtype if ref.storage else "unknown"
        return Stored(dtype, sizes or (), ref.problem or "has a malformed shape", _nothing)
    home = ref.storage
    problem: str | None = None
    if home.location == "meta":
        problem = "is a meta tensor: it holds no numbers"
    elif home.dtype not in NUMPY:
        problem = f"has the number type {home.dtype}, which slth does not read; save it as float32"
    strides = _integers(ref.stride)
    window = None if strides is None else layout(sizes, strides)
    if problem is None and (window is None or type(ref.offset) is not int or ref.offset < 0):
        problem = "is a strided view (expanded or sliced); call .contiguous().clone() before saving"
    elif problem is None and ref.offset + math.prod(sizes) > home.count:
        problem = "reaches beyond its storage; the file is damaged: save it again"

    def fetch() -> Array:
        flat = storages.flat(home)[ref.offset : ref.offset + math.prod(sizes)]
        order = window or ()
        block = flat.reshape([sizes[axis] for axis in order]).transpose(np.argsort(order))
        return widened(block, home.dtype)

    return Stored(home.dtype, sizes, problem, fetch)


def layout(sizes: Sequence[int], strides: Sequence[int]) -> tuple[int, ...] | None:
    """The order of the axes in which a window is contiguous, or None when it is no transpose of a full block.

    Axes of length 1 have no stride worth the name; an empty tensor is refused.
    """
    if len(sizes) != len(strides) or len(sizes) > MAX_DIMENSIONS or 0 in sizes or math.prod(sizes) > MAX_WEIGHTS:
        return None
    order = tuple(sorted(range(len(sizes)), key=lambda axis: (-strides[axis], sizes[axis], axis)))
    order = tuple(a for a in order if sizes[a] == 1) + tuple(a for a in order if sizes[a] > 1)
    step = 1
    for axis in reversed(order):
        if sizes[axis] > 1 and strides[axis] != step:
            return None
        step *= sizes[axis]
    return order


def _integers(values: Any) -> tuple[int, ...] | None:
    """The values as a tuple of sizes, or None when they are not non-negative integers below 2^63."""
    if not isinstance(values, (tuple, list)) or len(values) > MAX_DIMENSIONS:
        return None
    good = all(type(value) is int and 0 <= value < 1 << 63 for value in values)
    return tuple(values) if good else None


def _nothing() -> Array:
    raise BadFile("holds no numbers")


def widened(array: Array, dtype: str) -> Array:
    """An array as it lies in the file to one that numpy knows: bfloat16 to float32, bool bytes to bool."""
    if dtype == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    if dtype == "bool":
        if array.size and array.max() > 1:
            raise BadFile("a truth value is neither 0 nor 1; the file is damaged: save it again")
        return array.astype(np.bool_)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def flat(data: bytes, dtype: str) -> Array:
    """Bytes as a read-only vector of their file type."""
    return np.frombuffer(data, np.dtype(NUMPY[dtype]))
