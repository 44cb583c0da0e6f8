"""Planning: how wide the stages of a source must be, at what scale, and which targets a construction can take."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.domain import Box, Domain
from slth.core.errors import BadInput
from slth.core.laws import Law
from slth.core.network import INPUT, Activation, Add, Conv, Dense, Floats, Network, Pool
from slth.core.nodes import Affine, Node
from slth.core.source import Source, SourceLayer
from slth.theory.plan import Gadget, LayerPlan, Plan, Request, Stage

TARGET_BITS = 40  # targets are rounded to at least so many bits below the scale
RARE = 0.02  # useless units, in all, that are not worth another


@dataclass(frozen=True)
class Arrival:
    """What arrives at an affine layer.

    Parameters
    ----------
    signed : bool
        Whether it can be negative somewhere on the domain.
    block : int
        Neighbouring inputs that belong to one channel: pixels of a flattened picture, 1 for a convolution.
    """

    signed: bool
    block: int


def pair_plan(target: Network, request: Request, theorem: str, gadget: Gadget, samples: int, stage: Stage) -> Plan:
    """The plan of a 2-for-1 construction: a pair of source layers for each dense layer or convolution.

    The first layer of a pair is 1 x 1, whatever the kernel. Source: widths as in Pensia et al. (2020), for
    convolutions as in da Cunha et al. (2022); matched assignment and power-of-two scales are ours.
    """
    drawn = request.law_or("uniform")
    layers, shapes = [], []
    for number, (node, arrival) in enumerate(zip(target.affine, arrivals(target, request), strict=True)):
        outputs, inputs = node.shape
        bias = node.bias is not None
        units = unit_count(inputs, bias, arrival.signed, samples, request.assignment)
        scale = scale_of(node, drawn)
        shapes += [SourceLayer(units, inputs + bias, 1.0, bias), SourceLayer(outputs, units, scale, kernel=node.kernel)]
        layers.append(
            LayerPlan(
                number=number,
                inputs=inputs,
                outputs=outputs,
                bias=bias,
                signed=arrival.signed,
                samples=samples,
                units=units,
                unit=unit_of(drawn, 1.0, scale),
                shift=shift_of(drawn),
                taps=taps_of(node),
                block=arrival.block,
            )
        )
    source = Source(request.seed, drawn, tuple(shapes))
    return Plan(theorem, source, tuple(layers), gadget, request.assignment, stage)


def shift_of(drawn: Law) -> int:
    """Extra bits of samples, where products of a law have too few."""
    return max(0, TARGET_BITS - 2 * drawn.bits)


def unit_of(drawn: Law, first: float, second: float) -> float:
    """What one integer step of a sample is worth, from the scales of a stage's two layers."""
    return 2.0 ** (-2 * drawn.bits - shift_of(drawn)) * first * second


def unit_count(inputs: int, bias: bool, signed: bool, samples: int, assignment: str) -> int:
    """Width of the first layer of a pair: `samples` units a group, or twice that where blocks idle half of them.

    A unit with the wrong sign for every column serves nobody, which matters where columns are few: there a few units
    more make up for them. From about 20 columns on it is `samples` units a group exactly.
    """
    columns = inputs + bias
    if assignment == "blocks":
        return 2 * samples * columns
    needed = samples * ((2 if signed else 1) * inputs + bias)
    useless = 2.0**-columns
    if needed * useless < RARE:
        return needed
    return math.ceil(needed / (1 if signed else 1 - useless) + 3 * math.sqrt(needed * useless))


def scale_of(node: Dense | Conv, drawn: Law) -> float:
    """The smallest power of two that is at least twice the layer's largest weight: one factor, exact in every float.

    ReLU networks are positively homogeneous, so the scale changes no theorem. Products are small more often than not:
    with less room, large weights are out of reach of the sums; with more, every weight needs more terms.
    """
    largest = max(float(np.abs(array).max()) for _, array in node.tensors())
    if largest == 0:
        return 1.0
    return 2.0 ** min(max(math.ceil(math.log2(2 * largest)), -100), 100)


def taps_of(node: Dense | Conv) -> int:
    """Entries of one kernel; 1 for a dense layer."""
    return node.kernel[0] * node.kernel[1]


def matrix_of(node: Dense | Conv) -> Floats:
    """The layer as a matrix, float64: a row for each output and entry of its kernel, a column for each input.

    Where there are biases, they are a last column, in the rows of each output's first kernel entry; 0 elsewhere.
    """
    taps = taps_of(node)
    weight = node.weight.astype(np.float64).reshape(*node.shape, taps).transpose(0, 2, 1)
    if node.bias is not None:
        column = np.zeros((node.shape[0], taps, 1))
        column[:, 0, 0] = node.bias
        weight = np.concatenate([weight, column], axis=2)
    return np.ascontiguousarray(weight.reshape(node.shape[0] * taps, -1))


def layer_of(matrix: NDArray[Any], node: Dense | Conv) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Weight, shaped as the node's, and bias out of a matrix like `matrix_of`'s."""
    out, inputs = node.shape
    parts = matrix.reshape(out, taps_of(node), -1)
    weight = parts[:, :, :inputs].transpose(0, 2, 1).reshape(node.weight.shape)
    return weight, None if node.bias is None else parts[:, 0, inputs]


def arrivals(target: Network, request: Request) -> tuple[Arrival, ...]:
    """What arrives at each affine layer of a target, on the request's domain."""
    nonnegative = starts_nonnegative(target, request.domain_for(target))
    signed = {INPUT: not nonnegative}
    channels = {INPUT: target.input_shape[0] if len(target.input_shape) == 3 else math.prod(target.input_shape)}
    found = []
    for number, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        signed[number], channels[number] = any(signed[feed] for feed in feeds), channels[feeds[0]]
        if isinstance(node, Affine):
            block = node.shape[1] // channels[feeds[0]] if isinstance(node, Dense) else 1
            found.append(Arrival(signed[number], block))
            signed[number], channels[number] = True, node.shape[0]
        elif isinstance(node, Activation) and node.kind in ("relu", "sigmoid"):
            signed[number] = False
    return tuple(found)


def starts_nonnegative(target: Network, domain: Domain) -> bool:
    """Whether the domain holds no input with a negative coordinate."""
    if isinstance(domain, Box):
        return domain.lo >= 0
    width = math.prod(target.input_shape)
    return all(bool((region.lower >= 0).all()) for region in domain.regions(width))


def check_nodes(target: Network, theorem: str, admitted: Collection[str], instead: str) -> None:
    """Whether a theorem speaks of every node of the target.

    Parameters
    ----------
    admitted : names
        Of `kind_of`.
    instead : str
        What to do with a target that it does not speak of.

    Raises
    ------
    BadInput
        Otherwise; the message names the node.
    """
    for number, node in enumerate(target.nodes):
        if kind_of(node) not in admitted:
            raise BadInput(f"node {number} is {kind_of(node)}, which {theorem} does not speak of; {instead}")


def kind_of(node: Node) -> str:
    """A node's kind in words: dense, convolution, relu, ..., max pooling, flatten, sum."""
    if isinstance(node, Activation):
        return node.kind
    if isinstance(node, Pool):
        return f"{node.kind} pooling"
    return {Dense: "dense", Conv: "convolution", Add: "sum"}.get(type(node), "flatten")


def check_sequence(target: Network) -> None:
    """Whether affine layers alternate with activations, one between neighbours, perhaps one at the end.

    Raises
    ------
    BadInput
        Otherwise; the message names the node.
    """
    waiting = False
    for number, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        if feeds != (number - 1,):
            raise BadInput(f"node {number} is not fed by the one before; this theorem needs a sequence")
        if isinstance(node, Affine):
            if waiting:
                raise BadInput(f"node {number} follows an affine layer without a relu between; merge the two first")
            waiting = True
        elif isinstance(node, Activation):
            if not waiting:
                raise BadInput(f"node {number} is a second activation in a row, or one before the first layer")
            waiting = False
