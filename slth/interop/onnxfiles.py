"""ONNX models: the graph as steps, its initializers as layers. Operations that are not on the list are refused by name.

Written against the ONNX specification (onnx.proto and Operators.md); nothing in the file is executed, no other file
is opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from slth.core.errors import BadFile
from slth.core.nodes import Shape
from slth.interop.files import Bytes, shown
from slth.interop.limits import MAX_NODES, MAX_TENSORS
from slth.interop.onnxcalls import Call
from slth.interop.onnxops import OPERATIONS, Asked, transpose
from slth.interop.onnxtensors import NAME, stored_tensor
from slth.interop.protobuf import Message
from slth.interop.steps import Plan, Step
from slth.interop.tensors import Stored

MAX_ONNX = (1 << 30) + (1 << 24)
"""Bytes of one model: as many float64 as slth reads, and the graph."""
DOMAINS = ("", "ai.onnx")
OLDEST = 7
"""The first version of the operators with today's broadcasting."""


@dataclass(frozen=True, eq=False)
class Model:
    """What an ONNX file holds: its tensors as a state_dict would name them, and its architecture."""

    state: dict[str, Stored]
    plan: Plan


@dataclass
class Tracer:
    """The steps so far, and which value of the graph is what.

    Parameters
    ----------
    constants : dict of value to Stored
    places : dict of value to int
        Number of the step that gives it, -1 for the input.
    steps : list of Step
    state : dict of name to Stored
        What the steps read, under names that `states.grouped` knows.
    """

    constants: dict[str, Stored]
    places: dict[str, int]
    uses: Counter[str]
    steps: list[Step] = field(default_factory=list)
    state: dict[str, Stored] = field(default_factory=dict)

    def run(self, call: Call) -> None:
        """Take one node of the graph."""
        if call.op == "Constant":
            self.constants[call.output] = stored_tensor(call.tensor())
            return
        if call.op == "Transpose":
            self.constants[call.output] = transpose(call, self.constants)
            return
        if call.op == "Identity" and call.inputs[0] in self.constants:
            self.constants[call.output] = self.constants[call.inputs[0]]
            return
        if call.op == "Add" and self._is_bias(call):
            return
        feeds = [self.places[name] for name in call.inputs if name in self.places]
        asked = OPERATIONS[call.op](call, self.constants)
        if len(feeds) != (2 if call.op == "Add" else 1) or call.inputs[0] not in self.places:
            raise BadFile(f"{call.where} does not take computed values where slth expects them")
        self._put(call, asked, tuple(feeds))

    def _put(self, call: Call, asked: Asked, feeds: tuple[int, ...]) -> None:
        step, number = asked.step, len(self.steps)
        if asked.tensors:
            layer = f"{asked.name}_{number}" if f"{asked.name}.weight" in self.state else asked.name
            self.state |= {f"{layer}.{part}": tensor for part, tensor in asked.tensors.items()}
            step = replace(step, layer=layer)
        self.steps.append(step if feeds == (number - 1,) else replace(step, feeds=feeds))
        if asked.flat:
            self.steps.append(Step("flatten"))
        self.places[call.output] = len(self.steps) - 1

    def _is_bias(self, call: Call) -> bool:
        """Whether an Add gives a MatMul its bias; then the bias goes into that layer."""
        fixed = [name for name in call.inputs if name in self.constants]
        if not fixed:
            return False
        value = next((name for name in call.inputs if name in self.places), "")
        number = self.places.get(value, -1)
        step = self.steps[number] if number >= 0 else None
        if step is None or step.op != "dense" or self.uses[value] > 1 or f"{step.layer}.bias" in self.state:
            raise BadFile(f"{call.where} adds a constant that is not the bias of a MatMul before it")
        weight, bias = self.state[f"{step.layer}.weight"], self.constants[fixed[0]]
        width = weight.shape[0] if weight.shape else 0
        if bias.shape not in ((width,), (1, width)) or bias.dtype != weight.dtype:
            raise BadFile(f"{call.where} adds a constant of shape {bias.shape} to rows of {width}, which is no bias")
        self.state[f"{step.layer}.bias"] = reshaped(bias, (width,))
        self.places[call.output] = number
        return True


def read_onnx(file: Bytes) -> Model:
    """The network of an ONNX model.

    Raises
    ------
    BadFile
        For operations, settings and forms of graphs that are not supported; the line names them.
    """
    if file.size > MAX_ONNX:
        raise BadFile(f"holds {file.size} bytes; of an ONNX model at most {MAX_ONNX} are read")
    model = Message.parse(memoryview(file.read(0, file.size)))
    graph = model.message(7)
    if graph is None:
        raise BadFile("looks like an ONNX file but holds no graph; export the model again")
    versions = [entry.integer(2) for entry in model.messages(8) if entry.text(1) in DOMAINS]
    if not versions or max(versions) < OLDEST:
        raise BadFile(f"is an ONNX model of an operator set before {OLDEST}; export it again")
    if graph.has(15):
        raise BadFile("holds sparse tensors, which are not supported; export the model with dense ones")
    if len(graph.blocks(1)) > MAX_NODES or len(graph.blocks(5)) > MAX_TENSORS:
        raise BadFile(f"has more than {MAX_NODES} nodes or {MAX_TENSORS} tensors; slth does not read so many")
    constants = {tensor.text(NAME): stored_tensor(tensor) for tensor in graph.messages(5)}
    name, shape = _input(graph, constants)
    calls = _needed([Call.of(node, OPERATIONS) for node in graph.messages(1)], graph.messages(12))
    tracer = Tracer(constants, {name: -1}, Counter(value for call in calls for value in call.inputs))
    for call in calls:
        unknown = [value for value in call.inputs if value and value not in constants and value not in tracer.places]
        if unknown or call.output in constants or call.output in tracer.places:
            raise BadFile(f"{call.where} takes or makes a value in the wrong order; export the model again")
        tracer.run(call)
    if not tracer.steps:
        raise BadFile("is an ONNX model that computes nothing")
    return Model(tracer.state, Plan(shape, tuple(tracer.steps), strict=True))


def _input(graph: Message, constants: dict[str, Stored]) -> tuple[str, Shape | None]:
    """Name of the one input, and its shape without the batch axis where all of it is fixed."""
    inputs = [value for value in graph.messages(11) if value.text(1) not in constants]
    if len(inputs) != 1:
        names = ", ".join(shown(value.text(1), 40) for value in inputs[:8])
        raise BadFile(f"is a model of {len(inputs)} inputs ({names}); slth reads models of one")
    kind = inputs[0].message(2)
    tensor = kind.message(1) if kind else None
    sizes = tensor.message(2) if tensor else None
    if sizes is None:
        return inputs[0].text(1), None
    shape = tuple(size.integer(1, -1) for size in sizes.messages(1))[1:]
    if not shape or len(shape) > 8:
        raise BadFile("its input has no batch axis; export the model with one, as torch.onnx.export does")
    fixed = all(1 <= size <= 1 << 27 for size in shape)
    return inputs[0].text(1), shape if fixed else None


def _needed(calls: list[Call], outputs: Iterable[Message]) -> list[Call]:
    """The nodes that the one output depends on, in order; the last one makes it."""
    names = [value.text(1) for value in outputs]
    if len(names) != 1:
        raise BadFile(f"is a model of {len(names)} outputs; slth reads models of one")
    wanted, kept = {names[0]}, []
    for call in reversed(calls):
        if call.made & wanted:
            wanted |= set(call.inputs)
            kept.append(call)
    if not kept or names[0] != kept[0].output:
        raise BadFile("its output is not the last value that it computes; export the model again")
    return kept[::-1]


def reshaped(tensor: Stored, shape: tuple[int, ...]) -> Stored:
    """The same tensor in another shape of as many entries."""
    return replace(tensor, shape=shape, fetch=lambda: tensor.fetch().reshape(shape))
