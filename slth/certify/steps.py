"""A target as a list of steps: what each does to flat vectors, and which earlier ones feed it.

Flatten is no step, since vectors are flat; a maximum over windows becomes binary maxima, first along rows, then along
columns; an activation after which nothing comes is left out: its slopes lie in [0, 1], so it lengthens no difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from slth.certify.operators import Grid, Mean, Slice
from slth.certify.rounding import Floats
from slth.core.errors import BadInput
from slth.core.network import INPUT, Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.core.nodes import Shape
from slth.core.ticket import fed_copies


@dataclass(frozen=True)
class AffineStep:
    """Dense layer or convolution number `layer`, at the picture (channels, height, width) or flat vector `shape`."""

    feeds: tuple[int, ...]
    layer: int
    node: Dense | Conv
    shape: Shape

    @property
    def multiplications(self) -> int:
        """One for each weight at each place."""
        places = math.prod(self.node.out_shape(self.shape)[1:]) if isinstance(self.node, Conv) else 1
        return self.node.weight.size * places


@dataclass(frozen=True)
class GateStep:
    """An activation."""

    feeds: tuple[int, ...]
    activation: Activation


@dataclass(frozen=True)
class MaxStep:
    """max(p, q), each seen through a slice (None: whole)."""

    feeds: tuple[int, ...]
    views: tuple[Slice | None, Slice | None]


@dataclass(frozen=True)
class SumStep:
    """The sum of what feeds it, through a mean or a slice of pictures (None: as it is)."""

    feeds: tuple[int, ...]
    view: Mean | Slice | None = None


Step = AffineStep | GateStep | MaxStep | SumStep


@dataclass(frozen=True)
class Repeat:
    """How a ticket's vector lies beside the target's: `copies` of every run of `block` numbers, side by side."""

    copies: int = 1
    block: int = 1

    def __call__(self, values: Floats) -> Floats:
        """Numbers of the target, one for each of the ticket's."""
        if self.copies == 1:
            return values
        runs = values.reshape(*values.shape[:-1], -1, self.block)
        return np.repeat(runs, self.copies, axis=-2).reshape(*values.shape[:-1], -1)

    def gathered(self, values: Floats) -> Floats:
        """The transpose: sums over copies."""
        if self.copies == 1:
            return values
        runs = values.reshape(*values.shape[:-1], -1, self.copies, self.block)
        return np.asarray(runs.sum(axis=-2).reshape(*values.shape[:-1], -1))


ONCE = Repeat()


@dataclass(frozen=True, eq=False)
class Program:
    """The steps of a target.

    Parameters
    ----------
    steps : tuple of Step
        Step k makes value k; value -1 is the input.
    repeats : tuple of Repeat
        How the ticket has each value.
    fed : tuple of Repeat
        How each affine layer finds its input.
    plain : bool
        Whether it is dense layers with one relu between neighbours.
    """

    steps: tuple[Step, ...]
    repeats: tuple[Repeat, ...]
    fed: tuple[Repeat, ...]
    plain: bool

    @property
    def affine(self) -> tuple[int, ...]:
        """The numbers of the affine steps."""
        return tuple(number for number, step in enumerate(self.steps) if isinstance(step, AffineStep))

    def nowhere_negative(self, signed: bool) -> tuple[bool, ...]:
        """By value, whether it can not be negative in either network by its kind; `signed`: whether inputs can be."""
        out: list[bool] = []
        for step in self.steps:
            fed = [not signed if feed == INPUT else out[feed] for feed in step.feeds]
            if isinstance(step, GateStep):
                out.append(step.activation.kind in ("relu", "sigmoid") or all(fed))
            else:
                out.append(not isinstance(step, AffineStep) and all(fed))
        return tuple(out)


def program(target: Network, copies: tuple[int, ...]) -> Program:
    """The steps of a target whose affine layer l the ticket makes in copies[l] copies.

    Raises
    ------
    BadInput
        When those copies do not fit together.
    """
    fed_copies(target, copies)
    lowering = _Lowering(target, copies)
    last = len(target.nodes) - 1
    while isinstance(target.nodes[last], Activation) and target.inputs[last] != (INPUT,):
        (last,) = target.inputs[last]
    for number in range(last + 1):
        lowering.add(number)
    return Program(tuple(lowering.steps), tuple(lowering.repeats), tuple(lowering.fed), is_plain(target))


def is_plain(target: Network) -> bool:
    """Whether the target is dense layers in a sequence, with one relu between neighbours and at most one at the end."""
    kinds = [node for node in target.nodes if not isinstance(node, Flatten)]
    alternate = all(
        isinstance(node, Activation) and node.kind == "relu" if number % 2 else isinstance(node, Dense)
        for number, node in enumerate(kinds)
    )
    return alternate and target.is_sequence


def final_activations(target: Network) -> tuple[Activation, ...]:
    """The activations after which nothing comes, first to last."""
    out: tuple[Activation, ...] = ()
    for node in reversed(target.nodes):
        if not isinstance(node, Activation):
            break
        out = (node, *out)
    return out


class _Lowering:
    """The steps while they are made."""

    def __init__(self, target: Network, copies: tuple[int, ...]) -> None:
        self.target, self.copies = target, copies
        self.steps: list[Step] = []
        self.repeats: list[Repeat] = []
        self.fed: list[Repeat] = []
        self.value = {INPUT: INPUT}  # by node
        self.shape = {INPUT: target.input_shape}  # by value, before any flatten

    def put(self, step: Step, shape: Shape) -> int:
        self.steps.append(step)
        copies = self._copies(step)
        self.repeats.append(Repeat(copies, math.prod(shape[1:]) if copies > 1 else 1))
        self.shape[len(self.steps) - 1] = shape
        return len(self.steps) - 1

    def _copies(self, step: Step) -> int:
        if isinstance(step, AffineStep):
            return self.copies[step.layer]
        return 1 if step.feeds[0] == INPUT else self.repeats[step.feeds[0]].copies

    def add(self, number: int) -> None:
        """One node."""
        node, nodes = self.target.nodes[number], self.target.inputs[number]
        feeds = tuple(self.value[feed] for feed in nodes)
        shape = self.shape[feeds[0]]
        if isinstance(node, Flatten):
            self.value[number] = feeds[0]
        elif isinstance(node, Pool):
            self.value[number] = self._pool(node, feeds[0], shape)
        elif isinstance(node, Activation):
            self.value[number] = self.put(GateStep(feeds, node), shape)
        elif isinstance(node, Add):
            self._agree(feeds, number)
            self.value[number] = self.put(SumStep(feeds), shape)
        else:
            self.fed.append(Repeat() if feeds[0] == INPUT else self.repeats[feeds[0]])
            step = AffineStep(feeds, len(self.fed) - 1, node, shape)
            self.value[number] = self.put(step, node.out_shape(shape))

    def _agree(self, feeds: tuple[int, ...], number: int) -> None:
        lying = {Repeat() if feed == INPUT else self.repeats[feed] for feed in feeds}
        if len(lying) > 1:
            raise BadInput(f"node {number} adds neurons whose copies lie in different orders")

    def _pool(self, pool: Pool, feed: int, shape: Shape) -> int:
        if pool.kind == "mean":
            grid = Grid((shape[1], shape[2]), pool.kernel, pool.stride)
            return self.put(SumStep((feed,), Mean(grid)), pool.out_shape(shape))
        for axis in (1, 0):
            feed, shape = self._maxima(feed, shape, axis, pool.kernel[axis], pool.stride[axis])
        return feed

    def _maxima(self, feed: int, shape: Shape, axis: int, kernel: int, stride: int) -> tuple[int, Shape]:
        """Maxima over windows along one axis of pictures: of one slice after the other."""
        if kernel == stride == 1:
            return feed, shape
        picture = (shape[1], shape[2])
        count = (picture[axis] - kernel) // stride + 1
        views = []
        for first in range(kernel):
            taken = slice(first, first + stride * (count - 1) + 1, stride)
            whole = Slice(picture, slice(0, picture[0], 1), slice(0, picture[1], 1))
            views.append(replace(whole, columns=taken) if axis else replace(whole, rows=taken))
        after = (shape[0], picture[0], count) if axis else (shape[0], count, picture[1])
        if kernel == 1:
            return self.put(SumStep((feed,), views[0]), after), after
        best = self.put(MaxStep((feed, feed), (views[0], views[1])), after)
        for view in views[2:]:
            best = self.put(MaxStep((best, feed), (None, view)), after)
        return best, after
