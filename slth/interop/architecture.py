"""Architectures as text: the mini language of --arch, canonical JSON, and the guess for a bare state_dict."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slth.core.errors import BadFile, BadInput
from slth.interop.files import naming, read_small, shown
from slth.interop.jsons import parse_json
from slth.interop.limits import MAX_HEADER, MAX_NODES, MAX_WEIGHTS
from slth.interop.plans import Plan, Step
from slth.interop.states import Layer

FORMAT = "slth-network/1"
HELP = "write it as 784-500-10 or mlp:784-500-10:relu:nobias, or give a JSON file"
SPEC = re.compile(r"(?:mlp:)?([0-9]+(?:x[0-9]+)*(?:-[0-9]+)+)((?::[a-z]+)*)", re.ASCII)


def parse_arch(spec: str | os.PathLike[str]) -> Plan:
    """The plan that `--arch` names: a line such as `784-500-10`, or the path of a JSON file.

    Raises
    ------
    BadInput
        For anything else; the line says what to write.
    """
    text = os.fspath(spec)
    if SPEC.fullmatch(text):
        return parse_line(text)
    if text.endswith(".json") or os.path.lexists(text):
        with naming(text):
            return parse_plan(read_small(Path(text), MAX_HEADER), "the architecture")
    raise BadInput(f"--arch {shown(text, 80)} is not an architecture: {HELP}")


def parse_line(text: str) -> Plan:
    """The plan of `[mlp:]INPUT-WIDTH-...-WIDTH[:relu][:bias|:nobias]`; INPUT may be a picture, `1x28x28`.

    ReLU stands between the layers, none after the last. Without `bias` or `nobias` the file decides.

    Raises
    ------
    BadInput
        For a line that does not follow the pattern, or sizes out of range.
    """
    match = SPEC.fullmatch(text) if len(text) <= 100_000 else None
    if match is None:
        raise BadInput(f"--arch {shown(text, 80)} is not an architecture: {HELP}")
    first, *rest = match[1].split("-")
    options = [option for option in match[2].split(":") if option]
    unknown = set(options) - {"relu", "bias", "nobias"}
    if unknown or len(set(options)) != len(options) or {"bias", "nobias"} <= set(options):
        raise BadInput(f"--arch {shown(text, 80)}: the options are relu, bias, nobias, each once")
    shape = _sizes([_number(piece) for piece in first.split("x")], "the input")
    widths = _sizes([_number(piece) for piece in rest], "a layer", chained=True)
    bias = True if "bias" in options else False if "nobias" in options else None
    steps = [Step("flatten")] if len(shape) > 1 else []
    for index, width in enumerate(widths):
        steps += [Step("relu")] * (index > 0) + [Step("dense", width=width, bias=bias)]
    return Plan(shape, tuple(steps))


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= 18 else MAX_WEIGHTS + 1


def _sizes(values: Sequence[int], what: str, chained: bool = False) -> tuple[int, ...]:
    """Positive sizes whose product (of all, or of each alone) stays within what slth reads."""
    largest = max(values, default=0) if chained else math.prod(values)
    if not values or min(values) < 1 or largest > MAX_WEIGHTS or len(values) > MAX_NODES:
        raise BadInput(f"the architecture has a size of {what} that is 0 or too large")
    return tuple(values)


def parse_plan(text: bytes | str, what: str) -> Plan:
    """The plan of a canonical JSON architecture (what `Network.architecture` gives).

    Parameters
    ----------
    what : str
        What the text is, for messages.

    Raises
    ------
    BadFile
        For another format, unknown keys or operations, and too many nodes.
    """
    value = parse_json(text, what)
    if not isinstance(value, dict) or value.get("format") != FORMAT or set(value) != {"format", "input", "nodes"}:
        raise BadFile(f"{what} must be an object with format {FORMAT!r}, input and nodes, and nothing else")
    shape, nodes = value["input"], value["nodes"]
    if not isinstance(shape, list) or not 1 <= len(shape) <= 8 or not all(type(size) is int for size in shape):
        raise BadFile(f"{what}: input must be a list of sizes such as [784] or [1, 28, 28]")
    if not isinstance(nodes, list) or len(nodes) > MAX_NODES:
        raise BadFile(f"{what}: nodes must be a list of at most {MAX_NODES} operations")
    steps = tuple(_step(node, index, what) for index, node in enumerate(nodes))
    names = [step.layer for step in steps if step.op == "dense"]
    if len(set(names)) != len(names):
        raise BadFile(f"{what} uses a layer twice; slth reads networks whose layers are all different")
    return Plan(_sizes(shape, "the input"), steps)


def _step(node: Any, index: int, what: str) -> Step:
    keys = set(node) if isinstance(node, dict) else set()
    if keys == {"op"} and node["op"] in ("relu", "flatten"):
        return Step(node["op"])
    if keys in ({"op", "weight"}, {"op", "weight", "bias"}) and node["op"] == "dense":
        weight, bias = node["weight"], node.get("bias")
        layer = weight.removesuffix("weight") if isinstance(weight, str) else ""
        fits = isinstance(weight, str) and weight.endswith("weight")
        if fits and ("bias" not in node or bias == f"{layer}bias") and (layer == "" or layer.endswith(".")):
            return Step("dense", layer.removesuffix("."), bias="bias" in node)
        raise BadFile(f"{what}: node {index} must name its tensors NAME.weight and NAME.bias")
    op = node.get("op") if isinstance(node, dict) else None
    named = shown(op, 40) if isinstance(op, str) else "no operation"
    raise BadFile(f"{what}: node {index} ({named}) is not one of dense, relu, flatten with their keys")


def canonical_names(plan: Plan) -> bool:
    """Whether the dense layers of a plan are called 0, 1, 2, ...: then they may stand for any layers in order."""
    names = [step.layer for step in plan.steps if step.op == "dense"]
    return names == [str(number) for number in range(len(names))]


def positional(plan: Plan) -> Plan:
    """The same plan with its layers taken in order instead of by name."""
    steps = tuple(Step(step.op, None, step.width, step.bias) for step in plan.steps)
    return Plan(plan.input_shape, steps, plan.notes)


def guess(layers: Sequence[Layer]) -> Plan:
    """The plan of a bare state_dict: all layers in order, ReLU between them, none after the last; said in a note."""
    steps: list[Step] = []
    for layer in layers:
        steps += [Step("relu")] * bool(steps) + [Step("dense", layer.name)]
    order = ", ".join(shown(layer.name or "weight", 40) for layer in layers[:12])
    form = f"the layers {order} in this order, ReLU between them and none after the last"
    if len(layers) == 1:
        form = f"the single layer {order} without activation"
    notes = [f"the file does not say its architecture: read as {form}; pass --arch where that is wrong"]
    numbers = [int(tail) for layer in layers if (tail := layer.name.rpartition(".")[2][:9]).isdecimal()]
    if len(numbers) == len(layers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        notes.append(
            "the layers are numbered without gaps: were they one Sequential, no activation would stand between them"
        )
    return Plan(None, tuple(steps), tuple(notes))
