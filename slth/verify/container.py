"""Read safetensors files with canonical JSON, strictly (FORMAT.md 1)."""

import hashlib
import json
import re
import stat
import sys
from array import array
from collections.abc import Callable
from math import isfinite, prod
from pathlib import Path
from typing import Any, NamedTuple

from .fixed import need

SIZES = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8, "U8": 1, "I64": 8}


class Tensor(NamedTuple):
    """One tensor of a file."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    def floats(self, what: str) -> list[list[float]]:
        """Return the rows of an F32 or F64 matrix, or the one row of a vector; all entries must be finite."""
        values: array[float] = array("f" if self.dtype == "F32" else "d", self.data)
        if sys.byteorder == "big":
            values.byteswap()
        need(all(map(isfinite, values)), f"{what}: a value is not finite")
        return [values[i : i + self.shape[-1]].tolist() for i in range(0, len(values), self.shape[-1])]


def check(value: Any, schema: Any, what: str) -> None:
    """Refuse a JSON value that does not fit: a dict names exact keys, a list its items, a function decides."""
    if isinstance(schema, dict):
        need(isinstance(value, dict) and set(value) == set(schema), f"{what}: its keys must be {[*schema]}")
        for name, inner in schema.items():
            check(value[name], inner, f"{what}.{name}")
    elif isinstance(schema, list):
        need(isinstance(value, list), f"{what}: not a list")
        for i, item in enumerate(value):
            check(item, schema[0], f"{what}[{i}]")
    else:
        need(schema(value), f"{what}: {ascii(value)[:60]} is not allowed here")


def natural(low: int, high: int) -> Callable[[Any], bool]:
    """Return the test for integers from low to high."""
    return lambda value: type(value) is int and low <= value <= high


def pair(low: int) -> Callable[[Any], bool]:
    """Return the test for two integers from low to 4096."""
    side = natural(low, 1 << 12)
    return lambda value: isinstance(value, list) and len(value) == 2 and all(map(side, value))


def text(pattern: str) -> Callable[[Any], bool]:
    """Return the test for strings of a pattern."""
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


is_hex = text(r"0x[0-9a-f]{1,40}(\.[0-9a-f]{0,40})?p[+-]?[0-9]{1,5}")
is_rational = text(r"-?[0-9]{1,400}(/[1-9][0-9]{0,399})?")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    need(len(dict(pairs)) == len(pairs), "JSON: duplicate key")
    return dict(pairs)


def _number(digits: str) -> int:
    need(re.fullmatch("-?[0-9]{1,16}", digits) is not None and abs(int(digits)) <= 1 << 53, f"JSON: {digits[:20]}")
    return int(digits)


def read_json(source: str) -> Any:
    """Parse JSON without duplicate keys, floats or integers beyond 2^53."""
    hooks: Any = {"parse_int": _number, "parse_float": _number, "parse_constant": _number}
    return json.loads(source, object_pairs_hook=_object, **hooks)


def canonical(value: Any) -> str:
    """Return the canonical JSON of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def read_canonical(metadata: dict[str, str], name: str, schema: dict[str, Any]) -> Any:
    """Return the value of a metadata key, which must be canonical JSON and fit the schema."""
    need(name in metadata, f"no metadata {name}: not a file of this kind")
    value = read_json(metadata[name])
    need(canonical(value) == metadata[name], f"{name}: JSON is not canonical")
    found = isinstance(value, dict) and value.get("structure") == "network"
    need(not found, "is a found ticket, whose claim is about data (FORMAT.md 9); slth verify --data NAME checks it")
    check(value, schema, name)
    return value


def content_digest(json_text: str, tensors: dict[str, Tensor]) -> str:
    """Return the content digest."""
    digest = hashlib.sha256(json_text.encode("ascii"))
    for name, (dtype, shape, data) in sorted(tensors.items()):
        digest.update(f"\n{canonical([name, dtype, shape])}\n".encode("ascii") + data)
    return digest.hexdigest()


def read_bytes(path: str) -> bytes:
    """Return the content of a regular file."""
    need(stat.S_ISREG(Path(path).stat().st_mode), f"{path!a} is not a regular file")
    return Path(path).read_bytes()


def load(path: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return the metadata and the tensors of a safetensors file."""
    data = read_bytes(path)
    length = int.from_bytes(data[:8], "little")
    start = 8 + length
    need(length <= 8_000_000 and start <= len(data), "no safetensors header, or one beyond the file or 8 MB")
    header = read_json(data[8:start].decode())
    need(isinstance(header, dict), "header: not an object")
    metadata = header.pop("__metadata__", {})
    strings = isinstance(metadata, dict) and all(isinstance(value, str) for value in metadata.values())
    need(strings and len(header) <= 10_000, "__metadata__ is not made of strings, or more than 10,000 tensors")
    numbers = [natural(0, 1 << 53)]
    for name, entry in header.items():
        schema = {"dtype": lambda value: value in [*SIZES], "shape": numbers, "data_offsets": numbers}
        check(entry, schema, f"tensor {name[:60]!a}")
        need(len(entry["shape"]) < 16, f"tensor {name[:60]!a}: more than 15 dimensions")
    tensors, at = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        span, at = [at, at + SIZES[entry["dtype"]] * prod(entry["shape"])], at
        need(entry["data_offsets"] == span, f"tensor {name[:60]!a}: data overlap, leave a hole or do not fit the shape")
        tensors[name] = Tensor(entry["dtype"], tuple(entry["shape"]), data[start + at : start + span[1]])
        at = span[1]
    need(start + at == len(data), "tensor data do not end at the end of the file")
    return metadata, tensors
