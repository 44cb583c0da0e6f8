"""An inert reader of pickles: interprets the opcodes into plain values and stand-ins; imports and calls nothing."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from slth.core.errors import BadFile
from slth.interop.limits import MAX_OPCODES
from slth.interop.standins import Name, Record, StorageRef, key_of, rebuild, storage

CONSTANTS: dict[int, Any] = {ord("N"): None, 0x88: True, 0x89: False, ord(")"): ()}
NUMBERS = {ord("J"): struct.Struct("<i"), ord("K"): struct.Struct("<B"), ord("M"): struct.Struct("<H")}
NUMBERS[ord("G")] = struct.Struct(">d")
TEXTS = {ord("X"): 4, 0x8C: 1, 0x8D: 8, ord("T"): 4, ord("U"): 1}
BLOBS = {ord("B"): 4, ord("C"): 1, 0x8E: 8, 0x96: 8}
PUTS = {ord("q"): 1, ord("r"): 4}
GETS = {ord("h"): 1, ord("j"): 4}
TUPLES = {0x85: 1, 0x86: 2, 0x87: 3}
MAX_NAME = 200
DAMAGED = "its pickle is damaged or not written by torch.save; save the file again"


class Unpickler:
    """One reader over a buffer that may hold several pickles after each other.

    Parameters
    ----------
    data : bytes
        The buffer; nothing is read outside it.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0
        self.opcodes = 0
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, StorageRef] = {}

    def load(self) -> Any:
        """The next value of the buffer; `place` is then just behind it.

        Raises
        ------
        BadFile
            For an opcode that torch.save does not write, a broken stack, a truncated or oversized pickle.
        """
        self.stack, self.marks, self.memo = [], [], {}
        try:
            while True:
                opcode = self._take(1)[0]
                self.opcodes += 1
                self._check_budget()
                if opcode == ord("."):
                    return self._finish()
                self._step(opcode)
        except (IndexError, UnicodeDecodeError):  # an empty stack, or a text that is none
            raise BadFile(DAMAGED) from None

    def _check_budget(self) -> None:
        if self.opcodes > MAX_OPCODES:
            raise BadFile(f"its pickle has more than {MAX_OPCODES} opcodes; save the state_dict alone")

    def _finish(self) -> Any:
        if len(self.stack) != 1 or self.marks:
            raise BadFile(DAMAGED)
        return self.stack.pop()

    def _take(self, count: int) -> bytes:
        end = self.place + count
        if end > len(self.data):
            raise BadFile("its pickle ends too early; the file is truncated or damaged: save it again")
        piece = self.data[self.place : end]
        self.place = end
        return piece

    def _length(self, width: int) -> int:
        return int.from_bytes(self._take(width), "little")

    def _line(self) -> str:
        end = self.data.find(b"\n", self.place, self.place + MAX_NAME)
        if end < 0:
            raise BadFile(DAMAGED)
        line = self._take(end + 1 - self.place)[:-1]
        return line.decode("utf-8")

    def _pop_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.marks.pop()
        return items

    def _step(self, opcode: int) -> None:
        if opcode in CONSTANTS:
            self.stack.append(CONSTANTS[opcode])
        elif opcode in NUMBERS:
            self.stack.append(NUMBERS[opcode].unpack(self._take(NUMBERS[opcode].size))[0])
        elif opcode in TEXTS:
            self.stack.append(self._take(self._length(TEXTS[opcode])).decode("utf-8", "surrogatepass"))
        elif opcode in BLOBS:
            self.stack.append(self._take(self._length(BLOBS[opcode])))
        elif opcode in PUTS:
            self.memo[self._length(PUTS[opcode])] = self.stack[-1]
        elif opcode in GETS:
            self._get(self._length(GETS[opcode]))
        elif opcode in TUPLES:
            self._tuple(TUPLES[opcode])
        elif opcode in STEPS:
            STEPS[opcode](self)
        else:
            raise BadFile(f"its pickle has opcode {opcode:#04x}, which torch.save does not write; save it again")

    def _get(self, index: int) -> None:
        if index not in self.memo:
            raise BadFile(DAMAGED)
        self.stack.append(self.memo[index])

    def _tuple(self, count: int) -> None:
        items = self.stack[-count:]
        if len(items) != count:
            raise BadFile(DAMAGED)
        self.stack[-count:] = [tuple(items)]

    def _protocol(self) -> None:
        if not 2 <= self._take(1)[0] <= 5:
            raise BadFile("its pickle protocol is not 2 to 5; save it again with torch.save")

    def _frame(self) -> None:
        if self._length(8) > len(self.data) - self.place:
            raise BadFile("its pickle ends too early; the file is truncated or damaged: save it again")

    def _long(self) -> None:
        self.stack.append(int.from_bytes(self._take(self._take(1)[0]), "little", signed=True))

    def _mark(self) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def _memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _append(self) -> None:
        self._extend(self.stack[-2], [self.stack.pop()])

    def _appends(self) -> None:
        items = self._pop_mark()
        self._extend(self.stack[-1], items)

    def _extend(self, target: Any, items: list[Any]) -> None:
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, Record):  # entries of an unknown list class mean nothing to slth
            raise BadFile(DAMAGED)

    def _set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._update(self.stack[-1], [key, value])

    def _set_items(self) -> None:
        items = self._pop_mark()
        self._update(self.stack[-1], items)

    def _update(self, target: Any, items: list[Any]) -> None:
        if len(items) % 2:
            raise BadFile(DAMAGED)
        if isinstance(target, dict):
            target.update(zip(map(key_of, items[::2]), items[1::2], strict=True))
        elif not isinstance(target, Record):
            raise BadFile(DAMAGED)

    def _marked_tuple(self) -> None:
        items = self._pop_mark()
        self.stack.append(tuple(items))

    def _marked_list(self) -> None:
        items = self._pop_mark()
        self.stack.append(items)

    def _new_dict(self) -> None:
        items = self._pop_mark()
        self.stack.append({})
        self._update(self.stack[-1], items)

    def _global(self) -> None:
        module, name = self._line(), self._line()
        self.stack.append(Name(module, name))

    def _stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not all(isinstance(text, str) and len(text) < MAX_NAME for text in (name, module)):
            raise BadFile(DAMAGED)
        self.stack.append(Name(module, name))

    def _reduce(self) -> None:
        args, function = self.stack.pop(), self.stack.pop()
        if isinstance(args, tuple):  # a call costs as much as the lists that it copies
            self.opcodes += sum(len(arg) for arg in args[:4] if isinstance(arg, list))
            self._check_budget()
        self.stack.append(rebuild(function, args))

    def _new_object(self) -> None:
        args, kind = self.stack.pop(), self.stack.pop()
        if not (isinstance(kind, Name) and isinstance(args, tuple)):
            raise BadFile(DAMAGED)
        self.stack.append(rebuild(kind, args))

    def _new_object_named(self) -> None:
        self.stack.pop()
        self._new_object()

    def _build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, Record):
            if target.state is not None:
                raise BadFile(DAMAGED)
            target.state = state

    def _persistent(self) -> None:
        found = storage(self.stack.pop())
        if isinstance(found, StorageRef):
            known = self.storages.setdefault(found.key, found)
            if (known.dtype, known.count) != (found.dtype, found.count):
                raise BadFile("two storage records of one key differ; the file is damaged: save it again")
        self.stack.append(found)


STEPS: dict[int, Callable[[Unpickler], Any]] = {
    0x80: Unpickler._protocol,
    0x95: Unpickler._frame,
    0x8A: Unpickler._long,
    ord("("): Unpickler._mark,
    ord("0"): lambda self: self.stack.pop(),
    ord("1"): Unpickler._pop_mark,
    ord("2"): lambda self: self.stack.append(self.stack[-1]),
    0x94: Unpickler._memoize,
    ord("t"): Unpickler._marked_tuple,
    ord("]"): lambda self: self.stack.append([]),
    ord("l"): Unpickler._marked_list,
    ord("a"): Unpickler._append,
    ord("e"): Unpickler._appends,
    ord("}"): lambda self: self.stack.append({}),
    ord("d"): Unpickler._new_dict,
    ord("s"): Unpickler._set_item,
    ord("u"): Unpickler._set_items,
    0x8F: lambda self: self.stack.append([]),  # a set is read as a list: its elements are never hashed
    0x90: Unpickler._appends,
    0x91: Unpickler._marked_list,
    ord("c"): Unpickler._global,
    0x93: Unpickler._stack_global,
    ord("R"): Unpickler._reduce,
    0x81: Unpickler._new_object,
    0x92: Unpickler._new_object_named,
    ord("b"): Unpickler._build,
    ord("Q"): Unpickler._persistent,
}
