"""What a user asks for (Request) and what a theorem answers (Plan): the source and one gadget a layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from slth.core.domain import Box, Domain, default
from slth.core.errors import BadInput
from slth.core.laws import Law, law
from slth.core.network import Activation, Dense, Flatten, Network
from slth.core.source import Source, SourceLayer
from slth.rss.problem import OBJECTIVES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bits = NDArray[np.bool_]
TARGET_BITS = 40  # targets are rounded to at least so many bits below the scale
RARE = 0.02  # useless units, in all, that are not worth another
ASSIGNMENTS = ("matched", "traded", "blocks")
Say = Callable[[str], None]
Progress = Callable[[int, int], None]
Tick = Callable[[str, int, int], None]


def silent(*_: object) -> None:
    """A listener that does nothing."""


@dataclass(frozen=True)
class Request:
    """The user's wishes; None stands for "auto" where a field allows it.

    Parameters
    ----------
    epsilon : float or None
        The sup-norm error to stay below on the domain; None: claim what comes out.
    weight_error : float or None
        One tolerance for every weight (the published experiment); excludes `epsilon`.
    objective : "fewest", "closest" or "within"
    samples : int or None
        Samples of one subset-sum instance (of one sign group).
    delta : float
        Expected number of missed weights that automatic `samples` allows.
    assignment : "matched", "traded" or "blocks"
    solver : str
    seed : int
    law : str
    domain : Domain or None
        None: [0, 1]^d for images, [-1, 1]^d else.
    threads : int or None
        None: all cores.
    """

    epsilon: float | None = None
    weight_error: float | None = None
    objective: str = "fewest"
    samples: int | None = None
    delta: float = 0.01
    assignment: str = "matched"
    solver: str = "auto"
    seed: int = 0
    law: str = "uniform"
    domain: Domain | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.epsilon is not None and self.weight_error is not None:
            raise BadInput("give --epsilon or --weight-error, not both: one fixes the output error, one the weights'")
        for name in ("epsilon", "weight_error", "delta"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise BadInput(f"--{name.replace('_', '-')} must be a positive number, not {value}")
        if self.objective not in OBJECTIVES:
            raise BadInput(f"objective {self.objective!r} is none of {', '.join(OBJECTIVES)}")
        if self.assignment not in ASSIGNMENTS:
            raise BadInput(f"assignment {self.assignment!r} is none of {', '.join(ASSIGNMENTS)}")
        if self.samples is not None and not 1 <= self.samples <= 100_000:
            raise BadInput(f"samples must be between 1 and 100000, not {self.samples}")
        if self.threads is not None and self.threads < 1:
            raise BadInput(f"--threads must be 1 or more, not {self.threads}")
        Source(self.seed, law(self.law), ())

    def domain_for(self, target: Network) -> Domain:
        """The domain asked for, or the target's default."""
        return default(target) if self.domain is None else self.domain


@dataclass(frozen=True)
class LayerPlan:
    """One dense layer of the target and the pair of source layers that builds it.

    Parameters
    ----------
    number : int
        Dense layer of the target; the pair is source layers 2 number and 2 number + 1.
    inputs, outputs : int
    bias : bool
    signed : bool
        Whether inputs can be negative, so that both sign groups are needed.
    samples : int
        Samples of one subset-sum instance.
    units : int
        Width of the pair's first layer.
    unit : float
        What one integer step of a sample is worth.
    shift : int
        Samples are products of two source integers times 2^shift: laws of few bits get room for the targets' digits.
    """

    number: int
    inputs: int
    outputs: int
    bias: bool
    signed: bool
    samples: int
    units: int
    unit: float
    shift: int

    @property
    def columns(self) -> int:
        """Inputs, the constant one included."""
        return self.inputs + self.bias

    @property
    def slots(self) -> list[tuple[int, int]]:
        """The (column, sign) groups that need samples: every column with sign +1, and -1 where inputs are signed."""
        signs = (1, -1) if self.signed else (1,)
        return [(column, sign) for sign in signs for column in range(self.columns) if sign > 0 or column < self.inputs]


class Gadget(Protocol):
    """Chooses which of the samples of an instance are kept, for many instances at once."""

    def choose(
        self, values: Integers, targets: Integers, tolerances: Integers | None, progress: Progress | None = None
    ) -> tuple[Bits, Integers]:
        """Positions (b, n) and absolute errors (b,) for values (b, n), targets (b,), tolerances (b,), all integers.

        `progress` is told how many of the b instances are done, and b.
        """
        ...


@dataclass(frozen=True, eq=False)
class Plan:
    """A source, and how each layer of the target is found in it."""

    theorem: str
    source: Source
    layers: tuple[LayerPlan, ...]
    gadget: Gadget
    assignment: str


def pair_plan(target: Network, request: Request, theorem: str, gadget: Gadget, samples: int) -> Plan:
    """The plan of a 2-for-1 construction: a pair of source layers for each dense layer of a ReLU network.

    Source: the accounting of widths is Pensia et al. (2020); matched assignment and power-of-two scales are ours.
    """
    check_relu(target)
    drawn = law(request.law)
    nonnegative = starts_nonnegative(target, request.domain_for(target))
    layers, shapes = [], []
    for number, node in enumerate(target.dense):
        outputs, inputs = node.shape
        bias = node.bias is not None
        signed = number == 0 and not nonnegative
        units = unit_count(inputs, bias, signed, samples, request.assignment)
        scale = scale_of(node, drawn)
        shapes += [SourceLayer(units, inputs + bias, 1.0, bias), SourceLayer(outputs, units, scale)]
        shift = max(0, TARGET_BITS - 2 * drawn.bits)
        unit = 2.0 ** (-2 * drawn.bits - shift) * scale
        layers.append(LayerPlan(number, inputs, outputs, bias, signed, samples, units, unit, shift))
    source = Source(request.seed, drawn, tuple(shapes))
    return Plan(theorem, source, tuple(layers), gadget, request.assignment)


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


def scale_of(node: Dense, drawn: Law) -> float:
    """The smallest power of two that is at least twice the layer's largest weight: one factor, exact in every float.

    ReLU networks are positively homogeneous, so the scale changes no theorem. Products are small more often than not:
    with less room, large weights are out of reach of the sums; with more, every weight needs more terms.
    """
    largest = max(float(np.abs(array).max()) for _, array in node.tensors())
    if largest == 0:
        return 1.0
    return 2.0 ** min(max(math.ceil(math.log2(2 * largest)), -100), 100)


def starts_nonnegative(target: Network, domain: Domain) -> bool:
    """Whether the domain holds no input with a negative coordinate."""
    if isinstance(domain, Box):
        return domain.lo >= 0
    width = math.prod(target.input_shape)
    return all(bool((region.lower >= 0).all()) for region in domain.regions(width))


def check_relu(target: Network) -> None:
    """Whether the target is dense layers with one ReLU between neighbours, perhaps one at the end.

    Raises
    ------
    BadInput
        Otherwise; the message names the node.
    """
    body = [node for node in target.nodes if not isinstance(node, Flatten)]
    for index, node in enumerate(body):
        if isinstance(node, Activation) != bool(index % 2):
            what = "an activation" if isinstance(node, Activation) else "a dense layer"
            raise BadInput(f"node {index} is {what}; this theorem needs dense layers with one ReLU between neighbours")
    flattened_late = any(isinstance(node, Flatten) for node in target.nodes[len(target.nodes) - len(body) :])
    if flattened_late:
        raise BadInput("flatten must come before the first dense layer")
