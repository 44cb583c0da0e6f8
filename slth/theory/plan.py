"""What a user asks for (Request) and what a theorem answers (Plan): the source and one gadget a layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from slth.core.collapse import Zone
from slth.core.domain import Domain, default
from slth.core.errors import BadInput
from slth.core.laws import Law, law
from slth.core.network import Conv, Dense, Network
from slth.core.source import Source
from slth.rss.problem import OBJECTIVES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bits = NDArray[np.bool_]
RELU_ZONE = Zone(1.0, 0.0)
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
        auto: the theorem's own.
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
    law: str = "auto"
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
        Source(self.seed, self.law_or("uniform"), ())

    def law_or(self, usual: str) -> Law:
        """The law asked for, or the usual one."""
        return law(usual if self.law == "auto" else self.law)

    def domain_for(self, target: Network) -> Domain:
        """The domain asked for, or the target's default."""
        return default(target) if self.domain is None else self.domain


@dataclass(frozen=True)
class LayerPlan:
    """One affine layer of the target and the stage, source layers 2 number and 2 number + 1, that builds it.

    The target is seen as a matrix (`matrix_of`): a row for each output and entry of its kernel, a column for each input
    and, where there are biases, one for the constant 1.

    Parameters
    ----------
    number : int
    inputs : int
        Columns without the constant.
    outputs : int
        Rows of the second layer: target outputs times copies.
    bias : bool
    signed : bool
        Whether inputs can be negative, so that both sign groups are needed.
    samples : int
        Samples of one subset-sum instance.
    units : int
        Rows of the first layer.
    unit : float
        What one integer step of a sample is worth.
    shift : int
        Samples are products of two source integers times 2^shift: laws of few bits get room for the targets' digits.
    taps : int
        Entries of one kernel.
    copies : int
        Rows of the second layer that approximate the same output.
    fed : int
        Copies of every input that the second layer reads itself; 0 where it reads units.
    block : int
        Neighbouring inputs that belong to one channel: pixels of a flattened picture.
    zone : Zone
        The first layer's activation near 0.
    constants : int
        Units, the last ones, that serve nothing but the biases, where their number is not that of the samples.
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
    taps: int = 1
    copies: int = 1
    fed: int = 0
    block: int = 1
    zone: Zone = RELU_ZONE
    constants: int = 0

    @property
    def columns(self) -> int:
        """Inputs, the constant one included."""
        return self.inputs + self.bias

    @property
    def rows(self) -> int:
        """Rows of the target as a matrix, each copy counted."""
        return self.outputs * self.taps

    @property
    def width(self) -> int:
        """Columns of the second layer: copies of the inputs that it reads itself, then units."""
        return self.inputs * self.fed + self.units

    @property
    def goals(self) -> Floats:
        """What the sum over a group of each column should be, in multiples of the target weight.

        The constant is positive and comes through its units as it is.
        """
        both = self.signed and self.zone.up != self.zone.down
        slope = self.zone.up + self.zone.down * both
        return np.array([1.0 if self.fed else 1 / slope] * self.inputs + [1.0] * self.bias)

    @property
    def slots(self) -> list[tuple[int, int]]:
        """The (column, sign) groups that need samples.

        Sign +1 for every column, and -1 where inputs are signed; 0, either sign, where an activation (or none) treats
        both alike. Units that are not 0 at 0 add to the bias, which is therefore solved after all weights
        (`gadgets.levels`) and is no group.
        """
        if self.fed or self.zone.up == self.zone.down:
            columns = self.inputs if self.zone.level and not self.fed else self.columns
            return [(column, 0) for column in range(columns)]
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


class Solved(Protocol):
    """The choice made for one layer."""

    def kept(self) -> tuple[Integers, Integers]:
        """Kept entries of the first and of the second source layer, increasing row-major numbers."""
        ...

    def weight_errors(self) -> Floats:
        """Errors per target weight, shaped as the layer's matrix (`stages.matrix_of`), each copy counted."""
        ...


class Stage(Protocol):
    """Solves one layer: all its weights, or only what `previous`, its answer of an earlier round, leaves to be done."""

    def __call__(
        self,
        plan: Plan,
        layer: LayerPlan,
        node: Dense | Conv,
        tolerances: Floats | None,
        previous: Any,
        tick: Tick,
    ) -> Solved:
        """`tolerances` are shaped as the layer's matrix, in the target's units; None where none are needed."""
        ...


@dataclass(frozen=True, eq=False)
class Plan:
    """A source, and how each layer of the target is found in it."""

    theorem: str
    source: Source
    layers: tuple[LayerPlan, ...]
    gadget: Gadget
    assignment: str
    stage: Stage
