"""One sweep over a network on a region: what is known of every value, forward, and the ways back from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from slth.certify.backward import Fork, Gate, Rows, Stage, Sum, Way, concrete, two_sided
from slth.certify.gates import activated, added, larger, versus, viewed
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, Neurons, entered, given, passed
from slth.certify.lines import RELU
from slth.certify.pairs import Difference
from slth.certify.rounding import UNIT, Floats
from slth.certify.steps import AffineStep, GateStep, MaxStep, SumStep
from slth.core.network import INPUT

BUDGET = 1 << 29
"""Multiplications that backward passes for the values of one hidden layer may take."""
WIDE = 1 << 20
"""Numbers in an array of rows that are carried back together."""


@dataclass(eq=False)
class Sweep:
    """What is known on a region so far.

    Parameters
    ----------
    model : Difference
    inputs : Inputs
    tight : bool
        Whether hidden layers are bounded by backward passes of their own, where that is cheap enough.
    known : list of Neurons
        By value.
    ways : list of Way
        By step.
    """

    model: Difference
    inputs: Inputs
    tight: bool
    known: list[Neurons] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)

    @classmethod
    def over(cls, model: Difference, inputs: Inputs, tight: bool) -> Sweep:
        """All steps."""
        sweep = cls(model, inputs, tight)
        for step in model.program.steps:
            if isinstance(step, AffineStep):
                sweep._affine(step)
            elif isinstance(step, GateStep):
                sweep._gate(step)
            elif isinstance(step, MaxStep):
                sweep._max(step)
            else:
                sweep._sum(step)
        return sweep

    def at(self, value: int) -> Neurons:
        """What is known of a value."""
        return given(self.inputs) if value == INPUT else self.known[value]

    @property
    def stages(self) -> list[Stage]:
        """The ways back through affine layers."""
        return [way for way in self.ways if isinstance(way, Stage)]

    def image(self, step: AffineStep, stage: Stage) -> Neurons:
        """An affine layer by intervals, from what is known of its inputs now."""
        if step.feeds == (INPUT,):
            return entered(stage.pair, self.inputs)
        return passed(stage.pair, self.at(step.feeds[0]))

    def _affine(self, step: AffineStep) -> None:
        layer, first = self.model.layers[step.layer], step.feeds == (INPUT,)
        before = self.at(step.feeds[0])
        signed = not first and before.negative and not self.model.nowhere_negative[step.feeds[0]]
        pair = layer.at(before.ticket.magnitude, signed)
        stage = Stage.of(pair, None if first else before, self.inputs)
        neurons = self.image(step, stage)
        self.ways.append(stage)
        if self.tight and not first and self._worth(step):
            neurons = self.narrowed(neurons, step, stage)
        self.known.append(neurons)

    def _worth(self, step: AffineStep) -> bool:
        """Whether a hidden layer is bounded by backward passes."""
        number, program = len(self.known), self.model.program
        if number == len(program.steps) - 1:
            return False
        below = [s.multiplications for s in program.steps[: number + 1] if isinstance(s, AffineStep)]
        width = self.model.layers[step.layer].right.shape[0]
        return program.plain or 4 * width * sum(below) <= BUDGET

    def narrowed(self, neurons: Neurons, step: AffineStep, stage: Stage) -> Neurons:
        """With a backward pass for every neuron."""
        width, copied = len(neurons.target), len(neurons.gap)
        target, gap = Interval(np.empty(width), np.empty(width)), Interval(np.zeros(copied), np.zeros(copied))
        for start, stop in self._parts(width):
            _put(target, start, stop, self.down({step.feeds[0]: stage.target_rows(start, stop)}))
        if self.model.alone:
            return neurons.narrowed(target, neurons.gap)
        for start, stop in self._parts(copied):
            _put(gap, start, stop, self.down({step.feeds[0]: stage.gap_rows(start, stop)}))
        return neurons.narrowed(target, gap)

    def _gate(self, step: GateStep) -> None:
        before = self.at(step.feeds[0])
        self.ways.append(Gate.of(before, step.activation))
        self.known.append(activated(step.activation, before))

    def _max(self, step: MaxStep) -> None:
        left, right = (viewed(view, self.at(feed)) for feed, view in zip(step.feeds, step.views, strict=True))
        apart = versus(left, right)
        self.ways.append(Fork(Gate.of(apart, RELU), right, step.views))
        self.known.append(larger(left, right, apart))

    def _sum(self, step: SumStep) -> None:
        parts = [viewed(step.view, self.at(feed)) for feed in step.feeds]
        self.ways.append(Sum.of(len(parts), step.view, self.at(step.feeds[0])))
        self.known.append(parts[0] if len(parts) == 1 else added(parts[0], parts[1]))

    def _parts(self, count: int) -> list[tuple[int, int]]:
        """Ranges of rows that are carried back together."""
        if self.model.program.plain:
            return [(0, count)]
        widest = max(len(neurons.gap) for neurons in self.known) if self.known else 1
        step = max(1, WIDE // (2 * widest))
        return [(start, min(start + step, count)) for start in range(0, count, step)]

    def outputs(self, ways: Sequence[Way] | None = None) -> Interval:
        """δ of the last value, by a backward pass along these ways (by default the sweep's own)."""
        ways = self.ways if ways is None else ways
        last, step = ways[-1], self.model.program.steps[-1]
        count = len(self.known[-1].gap)
        gap = Interval(np.empty(count), np.empty(count))
        for start, stop in self._parts(count):
            if isinstance(last, Stage):
                waiting = {step.feeds[0]: last.gap_rows(start, stop)}
            else:
                unit = np.eye(stop - start, count, start)
                none = np.zeros(2 * (stop - start))
                waiting = {len(ways) - 1: Rows(np.concatenate([unit, -unit]), None, none, none)}
            _put(gap, start, stop, self.down(waiting, ways))
        return gap

    def down(self, waiting: dict[int, Rows], ways: Sequence[Way] | None = None) -> Floats:
        """Upper bounds of rows over one value, carried down to the inputs."""
        ways = self.ways if ways is None else ways
        (rows,) = waiting.values()
        constant, slack = rows.constant, rows.slack
        for number in range(max(waiting), -1, -1):
            if number not in waiting:
                continue
            rows = waiting.pop(number)
            parts = ways[number].back(Rows(rows.gap, rows.target, constant, slack))
            constant, slack = parts[0].constant, parts[0].slack
            lifted = isinstance(ways[number], Stage)
            for feed, part in zip(self.model.program.steps[number].feeds, parts, strict=True):
                slack = slack + self._meet(waiting, feed, part, lifted)
        target = waiting[INPUT].target if INPUT in waiting else None
        return concrete(Rows(None, target, constant, slack), self.inputs)

    def _meet(self, waiting: dict[int, Rows], feed: int, rows: Rows, lifted: bool) -> Floats | float:
        """Adds rows to those that wait at a value; the charge for rounding that."""
        if feed == INPUT:
            target = rows.target
            if target is not None and self.inputs.signed and not lifted:
                target = np.hstack([target, -target])
            rows = Rows(None, target, rows.constant, rows.slack)
        if feed not in waiting:
            waiting[feed] = rows
            return 0.0
        charge: Floats | float = 0.0
        known = None if feed == INPUT else self.known[feed]
        sums: list[Floats | None] = []
        for old, new, reach in (
            (waiting[feed].gap, rows.gap, known and known.gap.magnitude),
            (waiting[feed].target, rows.target, known.target.magnitude if known else self.inputs.magnitude),
        ):
            sums.append(new if old is None else old if new is None else old + new)
            if old is not None and new is not None and reach is not None:
                charge = charge + 2 * UNIT * ((np.abs(old) + np.abs(new)) @ reach)
        waiting[feed] = Rows(sums[0], sums[1], rows.constant, rows.slack)
        return charge


def _put(interval: Interval, start: int, stop: int, uppers: Floats) -> None:
    found = two_sided(uppers)
    interval.lower[start:stop], interval.upper[start:stop] = found.lower, found.upper
