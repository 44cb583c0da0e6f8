"""One node of an ONNX graph: operation, inputs and attributes, and the refusals that all operations share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from slth.core.errors import BadFile
from slth.interop.files import shown
from slth.interop.protobuf import Message
from slth.interop.tensors import Stored

FLOAT, INT, TEXT, TENSOR, INTS = 1, 2, 3, 4, 7
"""AttributeProto.AttributeType, as far as it is read."""
FIXED = ("Constant", "Transpose")
"""Operations that only stored tensors may go through."""
ADVICE = {"Shape": "use flatten(1) instead of view or reshape, whose shape is computed here, and export again"}
"""What to do about operations that stand for something that slth reads in another form."""
LAST = ("Softmax", "LogSoftmax", "Hardmax", "ArgMax")
Constants = Mapping[str, Stored]


@dataclass(frozen=True, eq=False)
class Call:
    """One node of the graph."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    @classmethod
    def of(cls, node: Message, known: Collection[str]) -> Call:
        """The node in a NodeProto, of an operation that is known.

        Raises
        ------
        BadFile
            For an operation that is not on the list, and attributes of kinds that none of the list has.
        """
        op, name = node.text(4), node.text(3)
        where = f"node {shown(name or op, 60)} ({shown(op, 40)})"
        if node.text(7) not in ("", "ai.onnx") or (op not in (*known, *FIXED)):
            if op in LAST:
                raise BadFile(f"{where}: certify logits: export the model without its last layer")
            if op in ADVICE:
                raise BadFile(f"{where} is not supported: {ADVICE[op]}")
            raise BadFile(f"{where} is not supported; slth reads {', '.join(known)}")
        values = [_attribute(entry, where) for entry in node.messages(5)]
        inputs = node.texts(1)
        while inputs and not inputs[-1]:  # optional inputs at the end that are not given
            inputs.pop()
        outputs = tuple(node.texts(2))
        call = cls(op, name, tuple(inputs), outputs, dict(values))
        if len(call.attributes) != len(values) or not outputs or not outputs[0] or (not inputs and op != "Constant"):
            raise BadFile(f"{where} is malformed; export the model again")
        return call

    @property
    def where(self) -> str:
        """The node in messages."""
        return f"node {shown(self.name or self.output, 60)} ({self.op})"

    @property
    def output(self) -> str:
        """The first output; the others are not read."""
        return self.outputs[0]

    @property
    def made(self) -> set[str]:
        """All outputs."""
        return set(self.outputs) - {""}

    def take(self, *names: str) -> dict[str, Any]:
        """The attributes; others than these are refused."""
        for name in self.attributes:
            if name not in names:
                raise BadFile(f"{self.where} has the attribute {shown(name, 40)}, which slth does not know")
        return self.attributes

    def must(self, name: str, wanted: object, sentence: str) -> None:
        """Refuse an attribute that is there and says something else."""
        if self.attributes.get(name, wanted) != wanted:
            raise BadFile(f"{self.where}: {sentence}")

    def tensor(self) -> Message:
        """The tensor of a Constant."""
        value = self.take("value").get("value")
        if not isinstance(value, Message):
            raise BadFile(f"{self.where} holds no tensor; export the model again")
        return value

    def constant(self, place: int, constants: Constants) -> Stored:
        """The initializer that is an input."""
        name = self.inputs[place] if place < len(self.inputs) else ""
        if name not in constants:
            raise BadFile(f"{self.where}: its input {place + 1} is computed or missing, not a stored tensor")
        return constants[name]

    def layer(self, place: int = 1) -> str:
        """A name for the layer whose weight is this input."""
        return self.inputs[place].removesuffix(".weight")


def _attribute(entry: Message, where: str) -> tuple[str, Any]:
    name, kind = entry.text(1), entry.integer(20)
    if kind == FLOAT:
        return name, entry.single(2)
    if kind == INT:
        return name, entry.integer(3)
    if kind == TEXT:
        return name, b"".join(map(bytes, entry.blocks(4)))
    if kind == TENSOR:
        return name, entry.message(5)
    if kind == INTS:
        return name, entry.integers(8)
    raise BadFile(f"{where}: its attribute {shown(name, 40)} is of a kind that slth does not read")
