"""Burkholz (2022): almost any activation, and one layer more than the target instead of twice as many."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from slth.core.collapse import Zone
from slth.core.errors import BadInput
from slth.core.laws import Law
from slth.core.network import Activation, Conv, Dense, Floats, Network
from slth.core.nodes import ACTIVATIONS, Affine
from slth.core.source import RELU, Source, SourceLayer
from slth.core.ticket import fed_copies
from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.bounds.reach import out_of_reach
from slth.theory.bounds.samples import SampleChoice, solvable
from slth.theory.gadgets.levels import constants_needed, solve_stage
from slth.theory.gadgets.subset import SubsetSum
from slth.theory.plan import LayerPlan, Plan, Request
from slth.theory.sizes import largest_inputs
from slth.theory.stages import (
    Arrival,
    arrivals,
    check_nodes,
    matrix_of,
    scale_of,
    shift_of,
    taps_of,
    unit_count,
    unit_of,
)
from slth.theory.theorem import statements

ADMITTED = (*ACTIVATIONS, "dense", "convolution", "flatten", "max pooling", "mean pooling", "sum")
DEPTHS = ("L+1", "2L")
FIRST = {"tanh": 2.0**-10, "sigmoid": 2.0**-6}  # scales that keep a unit where its activation is nearly linear
HALVINGS = (4, 3, 2)  # below the scale of products, tried for raw weights; 1 always reaches far enough
RARE = 2  # misses for each one that is out of reach: subsets lie less dense near the edge
FEWEST_BITS = 16  # of a law whose raw weights, or constants behind a tanh, are told apart


@statements.register("burkholz2022")
@dataclass(frozen=True)
class Burkholz2022:
    """Copies of every neuron, so that later weights are sums of raw weights; units near 0, where they are linear.

    Parameters
    ----------
    depth : "L+1" or "2L"
        How many layers the source has for L layers of the target.
    """

    key: ClassVar[str] = "burkholz2022"
    title: ClassVar[str] = "Most Activation Functions Can Win the Lottery Without Excessive Depth"
    citation: ClassVar[str] = """@inproceedings{burkholz2022,
  title     = {Most Activation Functions Can Win the Lottery Without Excessive Depth},
  author    = {Burkholz, Rebekka},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {35},
  year      = {2022},
  note      = {arXiv:2205.02321}
}"""
    bounds: ClassVar[Rules] = rules("burkholz2022")
    law: ClassVar[str] = "uniform"
    statement: ClassVar[str] = (
        "In our words and, but for depth and order of width, from memory: a target of depth L with weights in [-1, 1]; "
        "an activation that near 0 is linear on either side, with slopes m+ and m- that do not add up to 0, up to a "
        "small error, and Lipschitz; a source of depth L + 1 whose hidden layers are wider by a factor of "
        "C log(1 / min(eps_l, delta / rho)), rho the number of subset sums. With probability at least 1 - delta a mask "
        "exists with error below eps. eps_l, the error allowed to a weight of layer l, shrinks with the norms of the "
        "layers after it. The constant C is not given; slth counts what it needs. Copies of a neuron carry different "
        "errors, which meet the absolute values of the kept weights, not those of the target: certificates of slth "
        "count those (ours). Convolutions and residual sums are spoken of in a second paper of the same year; "
        "tolerances, scales, matched units and pooling are ours."
    )
    depth: str = "L+1"

    def __post_init__(self) -> None:
        if self.depth not in DEPTHS:
            raise BadInput(f"depth {self.depth!r} is neither of {', '.join(DEPTHS)}")

    def check(self, target: Network) -> None:
        """Any of the four activations, one in all; for depth L+1 sums of neurons that come in equally many copies."""
        check_nodes(target, self.key, ADMITTED, "use a target without it")
        kinds = sorted({f"{node.kind} {node.slope or ''}".strip() for node in _hidden(target)})
        if len(kinds) > 1:
            mixed = ", ".join(kinds)
            raise BadInput(
                f"the target mixes the activations {mixed}; {self.key} builds from one: use the same everywhere"
            )
        try:
            fed_copies(target, self.copies(target, 2))
        except BadInput as error:
            raise BadInput(f"{error}; use --option depth=2L") from None

    def plan(self, target: Network, request: Request, samples: int) -> Plan:
        """A stage of units for every layer that the input feeds, and of copies for all others where depth is L+1.

        Raises
        ------
        BadInput
            For an assignment that trades units, a law of signs, or a single sample.
        """
        drawn = request.law_or(self.law)
        if request.assignment == "traded":
            raise BadInput(f"{self.key} has no units to trade: use --assignment matched or blocks")
        if drawn.bits < FEWEST_BITS:
            raise BadInput(f"sums of raw weights of law {drawn.name} reach few targets: use --law uniform or normal")
        if samples < 2 and self.depth == "L+1":
            raise BadInput("depth L+1 needs --samples of at least 2: so many copies of a neuron are built")
        made = self.copies(target, samples)
        layers, shapes = [], []
        arriving = zip(arrivals(target, request), largest_inputs(target, request), strict=True)
        fed = fed_copies(target, made)
        for number, (node, (arrival, size)) in enumerate(zip(target.affine, arriving, strict=True)):
            layer = replace(_start(number, node, arrival, samples, made[number]), shift=shift_of(drawn))
            if fed[number] > 1:
                layer, pair = _direct(replace(layer, fed=fed[number]), node, drawn, request)
            else:
                layer, pair = _units(layer, node, drawn, request, _activation(target), size)
            layers.append(layer)
            shapes += pair
        gadget = SubsetSum(request.objective, request.solver, request.threads)
        source = Source(request.seed, drawn, tuple(shapes))
        return Plan(self.key, source, tuple(layers), gadget, request.assignment, solve_stage)

    def samples(self, weights: Floats, tolerances: Floats, delta: float, law: str) -> SampleChoice:
        """Enough for expected misses <= delta by tables for products, each weight counted once a copy.

        Raw weights need no more samples than products do, at half their scale: they reach farther and lie as dense.
        """
        choice = solvable(weights, tolerances, delta, law)
        if self.depth == "2L":
            return choice
        copies = 0
        while choice.n > copies:  # more copies are more weights, which may need more samples
            copies = choice.n
            choice = solvable(weights, tolerances, delta / copies, law)
        return replace(choice, n=max(copies, 2), expected_misses=choice.expected_misses * copies)

    def order(self, tolerance: float) -> float:
        """Logarithmic; depth L+1 needs as many copies of each neuron, so that weights grow with its square."""
        return math.log2(1 / tolerance)

    def copies(self, target: Network, samples: int) -> tuple[int, ...]:
        """How many copies each affine layer makes: one where its output is the network's, else as many as samples."""
        last = _last_layers(target)
        numbers = [number for number, node in enumerate(target.nodes) if isinstance(node, Affine)]
        return tuple(1 if number in last or self.depth == "2L" else samples for number in numbers)


def _start(number: int, node: Dense | Conv, arrival: Arrival, samples: int, copies: int) -> LayerPlan:
    """What the plan of a layer says whichever way it is built."""
    return LayerPlan(
        number=number,
        inputs=node.shape[1],
        outputs=node.shape[0] * copies,
        bias=node.bias is not None,
        signed=arrival.signed,
        samples=samples,
        units=0,
        unit=1.0,
        shift=0,
        taps=taps_of(node),
        copies=copies,
        block=arrival.block,
    )


def _direct(layer: LayerPlan, node: Dense | Conv, drawn: Law, request: Request) -> tuple[LayerPlan, list[SourceLayer]]:
    """A stage that reads copies by raw weights; relu units that read the constant serve the biases, by products."""
    units = unit_count(0, True, False, layer.samples, request.assignment) if layer.bias else 0
    second = _raw_scale(layer, node, drawn, request)
    reach = scale_of(node, drawn) / second
    layer = replace(layer, units=units, unit=unit_of(drawn, reach, second))
    first = SourceLayer(units, 1, reach, True)
    return layer, [first, _second(layer, node, second)]


def _raw_scale(layer: LayerPlan, node: Dense | Conv, drawn: Law, request: Request) -> float:
    """The smallest scale whose weights hardly ever miss because they are too small to add up to a target.

    The smaller the weights that serve a target, the less they spread the different errors of copies (ours).
    """
    largest, needed = scale_of(node, drawn), np.abs(matrix_of(node)[:, : layer.inputs])
    for halvings in HALVINGS:
        scale = largest * 2.0**-halvings
        chance = out_of_reach(min(layer.samples, 64), needed / scale)
        if RARE * layer.copies * float(chance.sum()) <= request.delta:
            return scale
    return largest / 2


def _units(
    layer: LayerPlan, node: Dense | Conv, drawn: Law, request: Request, activation: Activation, size: float
) -> tuple[LayerPlan, list[SourceLayer]]:
    """A stage of units that read one input each, small enough to stay near 0 for inputs of this size."""
    zone, constants = Zone.of(activation), 0
    layer = replace(layer, zone=zone)
    first = FIRST.get(activation.kind, 1.0)
    if zone.cubic and size > 1:
        first *= 2.0 ** -math.ceil(math.log2(size))
    second = scale_of(node, drawn) / (zone.up * first)
    if zone.up == zone.down:
        if zone.level:
            constants = constants_needed(layer.inputs, layer.taps, layer.samples, request.objective)
        units = layer.samples * len(layer.slots) + constants
    else:
        units = unit_count(layer.inputs, layer.bias, layer.signed, layer.samples, request.assignment)
    layer = replace(layer, units=units, unit=unit_of(drawn, first, second), constants=constants)
    own = SourceLayer(units, layer.columns, first, layer.bias, activation=activation)
    return layer, [own, _second(layer, node, second)]


def _second(layer: LayerPlan, node: Dense | Conv, scale: float) -> SourceLayer:
    return SourceLayer(layer.outputs, layer.width, scale, kernel=node.kernel, direct=layer.fed > 0, copies=layer.copies)


def _hidden(target: Network) -> list[Activation]:
    """The activations, but for one at the end, which no layer is built behind."""
    return [node for node in target.nodes[:-1] if isinstance(node, Activation)]


def _activation(target: Network) -> Activation:
    return next(iter(_hidden(target)), RELU)


def _last_layers(target: Network) -> set[int]:
    """Numbers of the affine nodes whose output reaches the network's without another affine layer between."""
    found, open_ = set(), {len(target.nodes) - 1}
    while open_:
        number = open_.pop()
        if number >= 0 and isinstance(target.nodes[number], Affine):
            found.add(number)
        elif number >= 0:
            open_ |= set(target.inputs[number])
    return found
