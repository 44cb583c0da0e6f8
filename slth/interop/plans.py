"""A plan and the layers of a file, put together: a network."""

from __future__ import annotations

import math

from slth.core.errors import BadFile, BadInput
from slth.core.network import INPUT, Dense, Flatten, Network, Node
from slth.core.nodes import Shape
from slth.interop.assigning import assigned
from slth.interop.named import check_option
from slth.interop.shapes import Found, Spread, arriving, input_shape
from slth.interop.states import Loaded
from slth.interop.steps import Plan
from slth.interop.wiring import USUAL_EPS, Wiring, wired


def build(plan: Plan, loaded: Loaded, shape: Shape | None = None) -> Found:
    """Put the layers of a file into a plan.

    BatchNorm is folded into the layer before it. Unless the plan is canonical, a Flatten that changes nothing and a
    ReLU after a ReLU are dropped, and pictures are flattened before a dense layer.

    Parameters
    ----------
    shape : tuple of int, optional
        Shape of one input, where the user says it.

    Raises
    ------
    BadFile
        When layers are missing, left over or do not fit, when the shape of an input is neither said nor told by the
        weights, and for what `wired` refuses.
    """
    wiring, shape, shapes, notes = _shaped(plan, loaded, shape)
    wiring.fold()
    nodes: list[Node] = []
    inputs: list[tuple[int, ...]] = []
    place = {INPUT: INPUT}
    for number, (node, feeds) in enumerate(zip(wiring.nodes, wiring.inputs, strict=True)):
        given = shape if feeds[0] == INPUT else shapes[feeds[0]]
        before = tuple(place[feed] for feed in feeds)
        if isinstance(node, Flatten) and len(given) == 1 and number > 0 and not plan.canonical:
            place[number] = before[0]
            continue
        if isinstance(node, Dense) and len(given) > 1 and not plan.canonical:
            nodes.append(Flatten())
            inputs.append(before)
            before = (len(nodes) - 1,)
        nodes.append(node.pool(given) if isinstance(node, Spread) else node)
        inputs.append(before)
        place[number] = len(nodes) - 1
    if place[len(wiring.nodes) - 1] != len(nodes) - 1:
        raise BadFile("the architecture does not end with what it computes last; leave out what is not used")
    return Found(Network(tuple(nodes), shape, tuple(inputs)), notes)


def fits(plan: Plan, loaded: Loaded) -> bool:
    """Whether `build` would succeed, without the work of folding."""
    try:
        _shaped(plan, loaded, None)
    except BadInput:
        return False
    return True


def _shaped(plan: Plan, loaded: Loaded, shape: Shape | None) -> tuple[Wiring, Shape, list[Shape], tuple[str, ...]]:
    """The nodes, the shape of an input, the shapes of all outputs, and notes."""
    check_option(plan, loaded)
    wiring = wired(plan, assigned(plan, loaded))
    shape, notes = input_shape(plan, wiring.nodes, wiring.inputs, wiring.labels, shape)
    shapes = arriving(wiring.nodes, wiring.inputs, wiring.labels, shape)
    for number, feeds in enumerate(wiring.inputs):
        _check_flat(plan, wiring, number, shape if feeds[0] == INPUT else shapes[feeds[0]])
    return wiring, shape, shapes, notes + _folding_note(plan, loaded)


def _folding_note(plan: Plan, loaded: Loaded) -> tuple[str, ...]:
    if not loaded.norms:
        return ()
    unsaid = any(step.op == "norm" and step.eps is None for step in plan.steps)
    assumed = f"; the file does not say its eps, taken as {USUAL_EPS}" if unsaid else ""
    return (f"BatchNorm (evaluation mode) is folded into the layer before it, in float64{assumed}",)


def _check_flat(plan: Plan, wiring: Wiring, number: int, given: Shape) -> None:
    """What torch and ONNX say of a Linear layer or a Reshape, where slth would do something else."""
    node, label = wiring.nodes[number], wiring.labels[number]
    if plan.strict and isinstance(node, Dense) and len(given) > 1:
        raise BadFile(f"layer {label} gets pictures {given}, and acts on their last axis only: put a Flatten before it")
    width = wiring.widths.get(number)
    if width is not None and math.prod(given) != width:
        raise BadFile(f"a reshaping to rows of {width} numbers meets {given}, which is not what Flatten does")
