"""Steps with their layers as nodes that feed each other, before the shape of an input is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from slth.core.errors import BadFile, BadInput
from slth.core.network import INPUT, Activation, Add, Conv, Dense, Flatten, Node, Pool
from slth.core.nodes import ACTIVATIONS
from slth.interop.folding import folded
from slth.interop.shapes import Spread
from slth.interop.states import Layer, Norm
from slth.interop.steps import Plan, Step

USUAL_EPS = 1e-5
"""What torch adds to a variance unless told otherwise."""


@dataclass
class Wiring:
    """Nodes as far as they are known before the shape of an input is.

    Parameters
    ----------
    nodes : list of nodes
    inputs : list of tuples of int
        What feeds each.
    labels : list of str
        For messages: the name of a layer, or the operation.
    widths : dict of int to int
        For each Flatten of which the file says it: how many numbers it makes.
    norms : dict of int to (Norm, eps)
        What is to be folded into a node.
    places : dict of int to int
        For each step the node that gives its output.
    """

    nodes: list[Node | Spread] = field(default_factory=list)
    inputs: list[tuple[int, ...]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    widths: dict[int, int] = field(default_factory=dict)
    norms: dict[int, tuple[Norm, float]] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=lambda: {INPUT: INPUT})

    def put(self, node: Node | Spread, feeds: tuple[int, ...], label: str) -> int:
        """Add a node; its number."""
        self.nodes.append(node)
        self.inputs.append(feeds)
        self.labels.append(label)
        return len(self.nodes) - 1

    def fold(self) -> None:
        """Put every normalisation into its layer; then all weights are float64, which is exact for the others."""
        for number, (norm, eps) in self.norms.items():
            node = self.nodes[number]
            if isinstance(node, Dense | Conv):
                layer = folded(Layer(self.labels[number], node.weight, node.bias), norm, eps)
                self.nodes[number] = replace(node, weight=layer.weight, bias=layer.bias)
        for number, node in enumerate(self.nodes if self.norms else ()):
            if isinstance(node, Dense | Conv):
                bias = None if node.bias is None else node.bias.astype(np.float64)
                self.nodes[number] = replace(node, weight=node.weight.astype(np.float64), bias=bias)


def wired(plan: Plan, order: Sequence[Layer | Norm | None]) -> Wiring:
    """The nodes of a plan in which every step has its layer; BatchNorm is not folded yet.

    Raises
    ------
    BadFile
        For two dense layers without an activation between them, an activation on the input, and a BatchNorm that can
        not be folded.
    """
    wiring = Wiring()
    learned: set[int] = set()
    bare: set[int] = set()
    for number, (step, layer, given) in enumerate(zip(plan.steps, order, plan.feeds, strict=True)):
        feeds = tuple(wiring.places[feed] for feed in given)
        before = wiring.nodes[feeds[0]] if feeds[0] >= 0 else None
        again = step.op == "relu" and before == Activation("relu") and not plan.canonical
        if isinstance(layer, Norm):
            _norm(wiring, feeds[0], layer, USUAL_EPS if step.eps is None else step.eps)
        elif step.op not in ("identity", "norm") and not again:
            node = _node(step, layer)
            if isinstance(node, Dense) and isinstance(before, Dense) and layer is not None:
                raise BadFile(f"no activation before layer {layer.label}: merge the two Linear layers into one")
            if isinstance(node, Activation) and not learned & set(feeds):
                raise BadFile(f"a {step.title} before the first layer is not supported")
            wiring.places[number] = wiring.put(node, feeds, step.title if layer is None else layer.label)
            if step.op == "flatten" and step.width is not None:
                wiring.widths[wiring.places[number]] = step.width
            if layer is not None or learned & set(feeds):
                learned.add(wiring.places[number])
            bare.add(number)
            continue
        wiring.places[number] = feeds[0]
        if not isinstance(layer, Norm) and given[0] in bare:
            bare.add(number)
    _check_uses(plan, order, wiring, bare)
    return wiring


def _node(step: Step, layer: Layer | None) -> Node | Spread:
    kernel = step.kernel or (1, 1)
    try:
        if layer is not None and layer.op == "conv" and step.op == "conv":
            return Conv(layer.weight, layer.bias, step.stride or (1, 1), step.padding)
        if layer is not None:
            return Dense(layer.weight.reshape(layer.shape), layer.bias)
        if step.op in ACTIVATIONS:
            return Activation(step.op, step.slope)
        if step.op in ("maxpool", "meanpool"):
            return Pool(step.op.removesuffix("pool"), kernel, step.stride or kernel)
    except BadInput as error:
        raise BadFile(f"{step.title if layer is None else f'layer {layer.label}'}: {error}") from None
    if step.op == "spread":
        return Spread(kernel)
    return Flatten() if step.op == "flatten" else Add()


def _norm(wiring: Wiring, number: int, norm: Norm, eps: float) -> None:
    if number < 0 or not isinstance(wiring.nodes[number], Dense | Conv) or number in wiring.norms:
        raise _unfoldable(norm)
    wiring.norms[number] = (norm, eps)


def _check_uses(plan: Plan, order: Sequence[Layer | Norm | None], wiring: Wiring, bare: set[int]) -> None:
    """Whether the output of a layer with BatchNorm is used behind that only, and the last step is the last node."""
    for layer, given in zip(order, plan.feeds, strict=True):
        for feed in given:
            taken = wiring.norms.get(wiring.places[feed])
            if taken is not None and feed in bare and layer is not taken[0]:
                raise _unfoldable(taken[0])
    if plan.steps and wiring.places[len(plan.steps) - 1] != len(wiring.nodes) - 1:
        raise BadFile("the architecture does not end with what it computes last; leave out what is not used")


def _unfoldable(norm: Norm) -> BadFile:
    return BadFile(
        f"BatchNorm {norm.label} does not directly follow a Linear or Conv2d layer that feeds nothing else, so it can "
        "not be folded into one; train with the usual order (layer, BatchNorm, activation)"
    )
