"""The safetensors container, read and written here because its format is small and its reader elsewhere too lenient.

Eight bytes of header length, a JSON header, then the tensors without gaps. Duplicate keys, overlaps, holes and
trailing bytes are refused.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from slth.core.atomic import write_atomic
from slth.core.errors import BadFile, BadInput
from slth.core.network import Array, canonical_json, frozen
from slth.interop.files import Bytes, naming, opened, shown
from slth.interop.jsons import parse_json
from slth.interop.limits import MAX_DIMENSIONS, MAX_HEADER, MAX_TENSORS
from slth.interop.tensors import NUMPY, Stored, flat, widened

NAMES = {
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
}
OTHER_BITS = {"F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4, "C64": 64}
CODES = {name: code for code, name in NAMES.items() if name != "bfloat16"}
METADATA = "__metadata__"


@dataclass(frozen=True)
class Span:
    """One tensor as the header announces it: type code, shape, and its bytes [begin, end) behind the header."""

    code: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, eq=False)
class Container:
    """A checked header over an open file."""

    file: Bytes
    start: int
    metadata: dict[str, str]
    spans: dict[str, Span]

    def stored(self, name: str) -> Stored:
        """The tensor of that name, still in the file."""
        span = self.spans[name]
        dtype = NAMES.get(span.code)
        problem = None
        if dtype is None:
            problem = f"has the number type {span.code}, which slth does not read; save it as float32"

        def fetch() -> Array:
            data = self.file.read(self.start + span.begin, span.end - span.begin)
            return frozen(widened(flat(data, dtype or ""), dtype or "")).reshape(span.shape)

        return Stored(dtype or span.code, span.shape, problem, fetch)


def parse(file: Bytes) -> Container:
    """Read and check the header; no tensor is read.

    Raises
    ------
    BadFile
        For a header that is damaged, too large, or does not cover the file exactly once.
    """
    length = int.from_bytes(file.read(0, 8), "little")
    if length > MAX_HEADER:
        raise BadFile(f"its header claims {length} bytes; at most {MAX_HEADER} are read")
    text = file.read(8, length)
    header = parse_json(text, "its header") if text[:1] == b"{" else None
    if not isinstance(header, dict):
        raise BadFile("its header is not a JSON object; save it again")
    metadata = header.pop(METADATA, {})
    if not (isinstance(metadata, dict) and all(isinstance(value, str) for value in metadata.values())):
        raise BadFile("its metadata are not texts; save it again")
    if len(header) > MAX_TENSORS:
        raise BadFile(f"it has {len(header)} tensors; at most {MAX_TENSORS} are read")
    spans = {name: _span(name, value) for name, value in header.items()}
    reached = 0
    for name, span in sorted(spans.items(), key=lambda item: (item[1].begin, item[1].end)):
        if span.begin != reached:
            raise BadFile(f"tensor {shown(name, 80)} overlaps another or leaves a hole; save the file again")
        reached = span.end
    if 8 + length + reached != file.size:
        wrong = "is truncated" if 8 + length + reached > file.size else "has bytes behind its last tensor"
        raise BadFile(f"it {wrong}; copy or save it again")
    return Container(file, 8 + length, metadata, spans)


def _integers(value: Any, count: int | None = None) -> tuple[int, ...] | None:
    good = isinstance(value, list) and all(type(entry) is int and 0 <= entry < 1 << 63 for entry in value)
    return tuple(value) if good and count in (None, len(value)) else None


def _span(name: str, value: Any) -> Span:
    label = shown(name, 80)
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise BadFile(f"tensor {label}: its header entry is malformed; save the file again")
    code, shape, offsets = value["dtype"], _integers(value["shape"]), _integers(value["data_offsets"], 2)
    if not isinstance(code, str) or shape is None or offsets is None or len(shape) > MAX_DIMENSIONS:
        raise BadFile(f"tensor {label}: its header entry is malformed; save the file again")
    bits = 8 * np.dtype(NUMPY[NAMES[code]]).itemsize if code in NAMES else OTHER_BITS.get(code)
    if bits is None:
        raise BadFile(f"tensor {label} has the unknown number type {shown(code, 20)}")
    if offsets[1] - offsets[0] != math.ceil(math.prod(shape) * bits / 8):
        raise BadFile(f"tensor {label}: its length does not fit its shape; save the file again")
    return Span(code, shape, *offsets)


def read_container(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Array]]:
    """All metadata and tensors of a safetensors file, read-only; bfloat16 arrives as float32, which is exact.

    Raises
    ------
    BadFile
        For a file that is malformed or cannot be read; the line names it.
    """
    with naming(path), opened(path) as file:
        container = parse(file)
        return container.metadata, {name: container.stored(name).load() for name in container.spans}


def write_container(path: str | os.PathLike[str], metadata: Mapping[str, str], tensors: Mapping[str, Array]) -> None:
    """Write a safetensors file; equal content gives equal bytes, and the write is atomic.

    Raises
    ------
    BadInput
        For a tensor of another type than those of CODES, or a name that the format reserves.
    Unavailable
        When the place cannot be written; nothing is left behind.
    """
    write_atomic(path, container_pieces(metadata, tensors))


def container_pieces(metadata: Mapping[str, str], tensors: Mapping[str, Array]) -> list[bytes | memoryview]:
    """The bytes of a safetensors file in pieces: header, then tensors, widest type first, then by name."""
    header: dict[str, Any] = {METADATA: dict(metadata)} if metadata else {}
    pieces: list[bytes | memoryview] = []
    place = 0
    for name in sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name)):
        array = tensors[name]
        code = CODES.get(array.dtype.name)
        if code is None or name == METADATA:
            raise BadInput(f"tensor {shown(name, 80)} of type {array.dtype} cannot be written as safetensors")
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        header[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [place, place + data.nbytes]}
        place += data.nbytes
        pieces.append(data.tobytes() if data.ndim == 0 or not data.size else data.data.cast("B"))
    text = canonical_json(header).encode("ascii")
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER or len(tensors) > MAX_TENSORS:
        raise BadInput(f"{len(tensors)} tensors are too many, or their names too long, for one file")
    return [len(text).to_bytes(8, "little"), text, *pieces]
