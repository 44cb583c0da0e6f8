"""Architectures as canonical JSON: what `Network.architecture` gives, in a target or in a file for --arch."""

from __future__ import annotations

import re
from typing import Any

from slth.core.errors import BadFile
from slth.core.network import INPUT
from slth.core.nodes import ACTIVATIONS
from slth.interop.files import shown
from slth.interop.jsons import parse_json
from slth.interop.limits import MAX_NODES
from slth.interop.sizes import checked_shape
from slth.interop.steps import MOST, Pair, Plan, Step

FORMAT = "slth-network/1"
PLAIN = ("relu", "tanh", "sigmoid", "flatten", "add")
OPS = "conv, dense, maxpool, meanpool, flatten, add, relu, leaky_relu, tanh, sigmoid"
HEX = re.compile(r"0x[01]\.[0-9a-f]{1,13}p[+-][0-9]{1,4}", re.ASCII)


def parse_plan(text: bytes | str, what: str) -> Plan:
    """The plan of a canonical JSON architecture.

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
    steps = tuple(_step(node, index, f"{what}: node {index}") for index, node in enumerate(nodes))
    names = [step.layer for step in steps if step.op in ("dense", "conv")]
    if len(set(names)) != len(names):
        raise BadFile(f"{what} uses a layer twice; slth reads networks whose layers are all different")
    return Plan(checked_shape(shape), steps, canonical=True)


def _step(node: Any, index: int, where: str) -> Step:
    op = node.get("op") if isinstance(node, dict) else None
    if not isinstance(op, str) or op not in (*PLAIN, *ACTIVATIONS, "dense", "conv", "maxpool", "meanpool"):
        named = shown(op, 40) if isinstance(op, str) else "no operation"
        raise BadFile(f"{where} ({named}) is not one of {OPS}")
    feeds = _feeds(node, index, op, where)
    keys = set(node) - {"op", "inputs"}
    if op in PLAIN and not keys:
        return Step(op, feeds=feeds)
    if op == "leaky_relu" and keys == {"slope"}:
        return Step(op, slope=_slope(node["slope"], where), feeds=feeds)
    if op in ("maxpool", "meanpool") and keys == {"kernel", "stride"}:
        return Step(op, kernel=_pair(node["kernel"], 1, where), stride=_pair(node["stride"], 1, where), feeds=feeds)
    if op == "dense" and keys in ({"weight"}, {"weight", "bias"}):
        return Step(op, _layer(node, where), bias="bias" in keys, feeds=feeds)
    if op == "conv" and keys - {"bias"} == {"weight", "stride", "padding"}:
        stride, padding = _pair(node["stride"], 1, where), _pair(node["padding"], 0, where)
        return Step(op, _layer(node, where), bias="bias" in keys, stride=stride, padding=padding, feeds=feeds)
    raise BadFile(f"{where} ({op}) does not have the keys of its operation, as FORMAT.md lists them")


def _feeds(node: dict[str, Any], index: int, op: str, where: str) -> tuple[int, ...] | None:
    """The numbers of the feeding nodes; None for the one before, which is written without `inputs`."""
    if "inputs" not in node and op != "add":
        return None
    feeds, count = node.get("inputs"), 2 if op == "add" else 1
    good = isinstance(feeds, list) and len(feeds) == count
    if not good or not all(type(feed) is int and INPUT <= feed < index for feed in feeds or []):
        raise BadFile(f"{where} ({op}): inputs must list the {count} earlier node(s) that feed it, -1 for the input")
    return tuple(feeds or ())


def _layer(node: dict[str, Any], where: str) -> str:
    weight, bias = node["weight"], node.get("bias")
    layer = weight.removesuffix("weight") if isinstance(weight, str) else ""
    fits = isinstance(weight, str) and weight.endswith("weight") and (layer == "" or layer.endswith("."))
    if not fits or ("bias" in node and bias != f"{layer}bias"):
        raise BadFile(f"{where} must name its tensors NAME.weight and NAME.bias")
    return layer.removesuffix(".")


def _pair(value: Any, least: int, where: str) -> Pair:
    good = isinstance(value, list) and len(value) == 2
    if not good or not all(type(size) is int and least <= size <= MOST for size in value):
        raise BadFile(f"{where}: kernel, stride and padding are [vertical, horizontal], sizes up to {MOST}")
    return value[0], value[1]


def _slope(value: Any, where: str) -> float:
    slope = float.fromhex(value) if isinstance(value, str) and HEX.fullmatch(value) else 0.0
    if not 0 < slope < 1 or slope.hex() != value:
        raise BadFile(f"{where}: slope must be a hexadecimal float between 0 and 1, such as 0x1.999999999999ap-4")
    return slope
