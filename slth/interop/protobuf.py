"""The wire format of protocol buffers, as far as ONNX needs it: fields of a message, numbers, texts, packed rows."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array

MAX_FIELDS = 1_000_000
"""Fields in all messages of one file: about a second of reading."""
DAMAGED = "its protocol buffer is damaged or cut off; export the model again"
VARINT, FIXED64, BLOCK, FIXED32 = 0, 1, 2, 5
Value = int | memoryview


@dataclass
class Budget:
    """How many fields may still be read."""

    left: int = MAX_FIELDS


@dataclass(frozen=True, eq=False)
class Message:
    """One message: the values of each field number in their order, numbers as integers, blocks as bytes unread.

    Parameters
    ----------
    fields : dict of field number to list of (wire type, value)
    budget : Budget
        Shared by all messages of a file.
    """

    fields: dict[int, list[tuple[int, Value]]]
    budget: Budget = field(default_factory=Budget)

    @classmethod
    def parse(cls, data: memoryview, budget: Budget | None = None) -> Message:
        """The message in a row of bytes.

        Raises
        ------
        BadFile
            When it is damaged, or its file has more than MAX_FIELDS fields.
        """
        budget = budget or Budget()
        found: dict[int, list[tuple[int, Value]]] = {}
        place = 0
        while place < len(data):
            budget.left -= 1
            if budget.left < 0:
                raise BadFile(f"it has more than {MAX_FIELDS} fields; slth does not read so many")
            key, place = varint(data, place)
            kind = key & 7
            value: Value
            if kind == VARINT:
                value, place = varint(data, place)
            elif kind in (FIXED64, BLOCK, FIXED32):
                size = 8 if kind == FIXED64 else 4
                if kind == BLOCK:
                    size, place = varint(data, place)
                if place + size > len(data):
                    raise BadFile(DAMAGED)
                value, place = data[place : place + size], place + size
            else:
                raise BadFile(DAMAGED)
            found.setdefault(key >> 3, []).append((kind, value))
        return cls(found, budget)

    def has(self, number: int) -> bool:
        """Whether the field is there."""
        return number in self.fields

    def blocks(self, number: int) -> list[memoryview]:
        """All values of a repeated field of texts, bytes or messages."""
        values = [value for _, value in self.fields.get(number, []) if isinstance(value, memoryview)]
        if any(kind != BLOCK for kind, _ in self.fields.get(number, [])):
            raise BadFile(DAMAGED)
        return values

    def messages(self, number: int) -> Iterator[Message]:
        """All values of a repeated field of messages."""
        for block in self.blocks(number):
            yield Message.parse(block, self.budget)

    def message(self, number: int) -> Message | None:
        """A message, or None; one that is given in pieces is refused."""
        found = self.blocks(number)
        if len(found) > 1:
            raise BadFile(DAMAGED)
        return Message.parse(found[0], self.budget) if found else None

    def texts(self, number: int) -> list[str]:
        """All values of a repeated field of texts."""
        try:
            return [bytes(block).decode("utf-8") for block in self.blocks(number)]
        except UnicodeDecodeError:
            raise BadFile(DAMAGED) from None

    def text(self, number: int) -> str:
        """A text; the last one counts, none is empty."""
        return self.texts(number)[-1] if self.has(number) else ""

    def integers(self, number: int) -> list[int]:
        """All signed integers of a repeated field, packed or not."""
        found: list[int] = []
        for kind, value in self.fields.get(number, []):
            if isinstance(value, int):
                found.append(signed(value))
            elif kind == BLOCK:
                found += self._packed(value)
            else:
                raise BadFile(DAMAGED)
        return found

    def _packed(self, data: memoryview) -> Iterator[int]:
        place = 0
        while place < len(data):
            self.budget.left -= 1
            if self.budget.left < 0:
                raise BadFile(f"it has more than {MAX_FIELDS} numbers written one by one; export the model again")
            value, place = varint(data, place)
            yield signed(value)

    def integer(self, number: int, default: int = 0) -> int:
        """A signed integer; the last one counts."""
        found = self.integers(number)
        return found[-1] if found else default

    def single(self, number: int) -> float:
        """A float32; 0 where there is none."""
        kind, value = self.fields[number][-1] if self.has(number) else (FIXED32, memoryview(bytes(4)))
        if kind != FIXED32 or isinstance(value, int):
            raise BadFile(DAMAGED)
        return float(struct.unpack("<f", value)[0])

    def reals(self, number: int, dtype: str) -> Array:
        """A repeated field of float32 ("<f4") or float64 ("<f8") numbers, packed or not."""
        wanted = FIXED32 if dtype == "<f4" else FIXED64
        pieces = [value for kind, value in self.fields.get(number, []) if isinstance(value, memoryview)]
        if any(kind not in (BLOCK, wanted) for kind, _ in self.fields.get(number, [])):
            raise BadFile(DAMAGED)
        data = b"".join(pieces)
        if len(data) % np.dtype(dtype).itemsize:
            raise BadFile(DAMAGED)
        return np.frombuffer(data, dtype)


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """The unsigned integer at a place, seven bits a byte, and the place behind it."""
    value = 0
    for count in range(10):
        if place >= len(data):
            raise BadFile(DAMAGED)
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value, place
    raise BadFile(DAMAGED)


def signed(value: int) -> int:
    """The signed 64-bit integer of the same bits."""
    return value - (1 << 64) if value >= 1 << 63 else value
