"""The batches of CIFAR-10's Python version: pickles, read without looking up or calling anything.

A pickle is a program. This interprets the few of its opcodes that build dictionaries, lists, tuples, numbers and texts;
what a pickle asks to be called becomes a `Call` that is only looked at, and everything else is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from slth.core.errors import BadFile
from slth.datasets.dataset import Bytes
from slth.datasets.files import TRUNCATED

DAMAGED = "its pickle is damaged, or not one of CIFAR-10; fetch it again"
MAX_STEPS = 1_000_000
MAX_NAME = 100
CONSTANTS: dict[int, Any] = {ord("N"): None, 0x88: True, 0x89: False, ord(")"): ()}
NUMBERS = {ord("K"): (1, False), ord("M"): (2, False), ord("J"): (4, True)}
TEXTS = {ord("U"): (1, "latin-1"), ord("T"): (4, "latin-1"), 0x8C: (1, "utf-8"), ord("X"): (4, "utf-8")}
BLOBS = {ord("C"): 1, ord("B"): 4}
PUTS = {ord("q"): 1, ord("r"): 4}
GETS = {ord("h"): 1, ord("j"): 4}
TUPLES = {0x85: 1, 0x86: 2, 0x87: 3}
RECONSTRUCT = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")


@dataclass(eq=False)
class Call:
    """What a pickle asks to be called, and the state that it would give to the result; nobody calls it."""

    function: Any
    arguments: Any
    state: Any = None


@dataclass(frozen=True)
class Name:
    """The name of something that a pickle asks to be imported; nobody imports it."""

    text: str


def read_batch(data: bytes) -> tuple[list[int], Bytes]:
    """Labels, and pictures as uint8 (n, bytes of one), of one batch.

    Raises
    ------
    BadFile
        For anything but a dictionary with a list of numbers `labels` and an array of bytes `data`.
    """
    value = Reader(data).load()
    if not isinstance(value, dict):
        raise BadFile(DAMAGED)
    labels = value.get("labels")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise BadFile("has no list of labels; fetch it again")
    return labels, _array(value.get("data"))


def _array(value: Any) -> Bytes:
    """The numpy array of bytes that a call would make, made from its raw bytes."""
    if not _is_call(value, *RECONSTRUCT) or not isinstance(value.state, tuple) or len(value.state) != 5:
        raise BadFile("has no array of data; fetch it again")
    _, shape, kind, fortran, raw = value.state
    if not _is_call(kind, "numpy dtype") or not isinstance(kind.arguments, tuple) or kind.arguments[:1] != ("u1",):
        raise BadFile("its data are not bytes; fetch it again")
    if _is_call(raw, "_codecs encode") and isinstance(raw.arguments, tuple):  # bytes, as Python 3 writes protocol 2
        raw = raw.arguments[0]
    if isinstance(raw, str):
        raw = raw.encode("latin-1")
    if not isinstance(raw, bytes) or not isinstance(shape, tuple) or len(shape) != 2:
        raise BadFile(DAMAGED)
    if not all(type(side) is int and side >= 0 for side in shape) or math.prod(shape) != len(raw):
        raise BadFile(f"its data of {len(raw)} bytes do not have their declared shape; fetch it again")
    return np.frombuffer(raw, np.uint8).reshape(shape, order="F" if fortran is True else "C")


def _is_call(value: Any, *names: str) -> bool:
    return isinstance(value, Call) and isinstance(value.function, Name) and value.function.text in names


class Reader:
    """An inert interpreter of one pickle of protocol 2, 3 or 4."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The value of the pickle, which must end where the file does.

        Raises
        ------
        BadFile
            For another opcode than those of plain data, a broken stack, a truncated or oversized pickle.
        """
        try:
            for _ in range(MAX_STEPS):
                opcode = self.number(1)
                if opcode == ord("."):
                    if len(self.stack) != 1 or self.marks or self.place != len(self.data):
                        raise BadFile(DAMAGED)
                    return self.stack[0]
                self.step(opcode)
        except (LookupError, UnicodeDecodeError):  # an empty stack, a name that was not kept, a text that is none
            raise BadFile(DAMAGED) from None
        raise BadFile(f"its pickle has more than {MAX_STEPS} steps; fetch it again")

    def step(self, opcode: int) -> None:
        """Carry out one opcode."""
        if opcode in CONSTANTS:
            self.stack.append(CONSTANTS[opcode])
        elif opcode in NUMBERS:
            self.stack.append(self.number(*NUMBERS[opcode]))
        elif opcode in TEXTS:
            width, encoding = TEXTS[opcode]
            self.stack.append(self.take(self.number(width)).decode(encoding))
        elif opcode in BLOBS:
            self.stack.append(self.take(self.number(BLOBS[opcode])))
        elif opcode in PUTS:
            self.memo[self.number(PUTS[opcode])] = self.stack[-1]
        elif opcode in GETS:
            self.stack.append(self.memo[self.number(GETS[opcode])])
        elif opcode in TUPLES:
            self.stack.append(tuple(self.pop(TUPLES[opcode])))
        elif opcode in STEPS:
            STEPS[opcode](self)
        else:
            raise BadFile(f"its pickle has opcode {opcode:#04x}, which the batches of CIFAR-10 do not; fetch it again")

    def take(self, count: int) -> bytes:
        """The next bytes."""
        piece = self.data[self.place : self.place + count]
        if len(piece) != count:
            raise BadFile(TRUNCATED)
        self.place += count
        return piece

    def number(self, width: int, signed: bool = False) -> int:
        """The next `width` bytes as a number."""
        return int.from_bytes(self.take(width), "little", signed=signed)

    def line(self) -> str:
        """The next bytes up to a newline."""
        end = self.data.find(b"\n", self.place, self.place + MAX_NAME)
        if end < 0:
            raise BadFile(DAMAGED)
        return self.take(end + 1 - self.place)[:-1].decode("utf-8")

    def pop(self, count: int) -> list[Any]:
        """The last values of the stack, taken off it."""
        if len(self.stack) < count:
            raise BadFile(DAMAGED)
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def marked(self) -> list[Any]:
        """What came since the last mark, taken off the stack."""
        values = self.stack
        self.stack = self.marks.pop()
        return values

    def mark(self) -> None:
        """Begin a group of values."""
        self.marks.append(self.stack)
        self.stack = []

    def marked_tuple(self) -> None:
        """Turn a group of values into a tuple."""
        values = tuple(self.marked())  # first: it exchanges the stack
        self.stack.append(values)

    def extend(self, values: list[Any]) -> None:
        """Append to the list on top of the stack."""
        if not isinstance(self.stack[-1], list):
            raise BadFile(DAMAGED)
        self.stack[-1].extend(values)

    def update(self, values: list[Any]) -> None:
        """Set items of the dictionary on top of the stack; its keys are texts."""
        keys = [key.decode("latin-1") if isinstance(key, bytes) else key for key in values[::2]]
        if not isinstance(self.stack[-1], dict) or len(values) % 2 or not all(isinstance(key, str) for key in keys):
            raise BadFile(DAMAGED)
        self.stack[-1].update(zip(keys, values[1::2], strict=True))

    def name(self, module: Any, attribute: Any) -> None:
        """Push a name."""
        if not (isinstance(module, str) and isinstance(attribute, str)):
            raise BadFile(DAMAGED)
        self.stack.append(Name(f"{module} {attribute}"))

    def build(self) -> None:
        """Give a state to what would have been called."""
        state = self.stack.pop()
        if not isinstance(self.stack[-1], Call):
            raise BadFile(DAMAGED)
        self.stack[-1].state = state

    def protocol(self) -> None:
        """Check the protocol."""
        if not 2 <= self.number(1) <= 4:
            raise BadFile(DAMAGED)

    def memoize(self) -> None:
        """Keep the value on top of the stack under the next number."""
        self.memo[len(self.memo)] = self.stack[-1]


STEPS: dict[int, Callable[[Reader], Any]] = {
    0x80: Reader.protocol,
    0x95: lambda self: self.take(8),  # the length of a frame, of use to those who read in pieces
    0x94: Reader.memoize,
    ord("("): Reader.mark,
    ord("t"): Reader.marked_tuple,
    ord("]"): lambda self: self.stack.append([]),
    ord("a"): lambda self: self.extend(self.pop(1)),
    ord("e"): lambda self: self.extend(self.marked()),
    ord("}"): lambda self: self.stack.append({}),
    ord("s"): lambda self: self.update(self.pop(2)),
    ord("u"): lambda self: self.update(self.marked()),
    ord("c"): lambda self: self.name(self.line(), self.line()),
    0x93: lambda self: self.name(*self.pop(2)),
    ord("R"): lambda self: self.stack.append(Call(*self.pop(2))),
    ord("b"): Reader.build,
}
