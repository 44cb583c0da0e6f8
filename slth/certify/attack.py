"""The attack: inputs of the domain at which ticket and target differ as much as a search can find."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.certify.arena import Arena, arena
from slth.certify.difference import difference
from slth.certify.exact import is_exact, least_error
from slth.certify.pairs import dense
from slth.certify.rounding import Floats
from slth.certify.twin import Twin
from slth.core.collapse import EffectiveLayer
from slth.core.domain import Domain
from slth.core.network import Network, frozen

ROWS = 32  # searches run as one batch
STEPS = 80  # of one batch
SOFT, SHARP = 0.5, 0.02  # softness of the gates at the first and at the last step
LONG, SHORT = 0.3, 0.005  # step size at the first and at the last step, in widths of the region
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Attack:
    """The worst input found.

    Parameters
    ----------
    error : float
        max_i |ticket - target| there, to about 1e-12 relative; where tanh, sigmoid or rounded constants are in play,
        without what those may add or take away.
    proved : float
        `error`, or where that leaves something out a proved lower bound of the true error there.
    output : int
        The output that attains it.
    input : float64 array of shape (inputs,)
        Inside the domain, exactly.
    method : str
        Which part of the search found it.
    """

    error: float
    proved: float
    output: int
    input: Floats
    method: str


@dataclass
class Found:
    """The best point so far."""

    error: float
    point: Floats
    region: int
    method: str

    def offer(self, errors: Floats, points: Floats, regions: Indices, method: str) -> None:
        """Keeps the best row of a batch if it beats what is known; errors has shape (batch, outputs)."""
        worst = np.abs(errors).max(axis=1)
        row = int(np.argmax(worst))
        if worst[row] > self.error:
            self.error, self.point = float(worst[row]), points[row].copy()
            self.region, self.method = int(regions[row]), method


def attack(
    target: Network, layers: tuple[EffectiveLayer, ...], domain: Domain, seconds: float, seed: int = 0
) -> Attack:
    """Searches for a large error by projected sign gradients with smoothed gates, and by moving single coordinates.

    Deterministic up to when the time ends: a longer search extends a shorter one.

    Parameters
    ----------
    seconds : float
        When to stop; one batch of steps is always made.

    Raises
    ------
    BadInput
        When shapes do not fit or no float64 input lies in the domain.
    """
    end = time.monotonic() + seconds
    field = arena(domain, math.prod(target.input_shape))
    model = difference(target, layers, bool((field.lower < 0).any()))
    twin = Twin.of(target, model)
    search = Search(twin, field, np.random.default_rng(seed), end)
    with np.errstate(all="ignore"):
        search.survey()
        while True:
            search.climb()
            if time.monotonic() >= end:
                break
            search.polish()
        point = search.inside()
        errors = np.abs(twin.errors(point[None])[0])
        error = proved = float(errors.max())
        if not is_exact(target, layers):
            proved = max(0.0, math.nextafter(float(least_error(target, layers, point)), -math.inf))
    return Attack(error, proved, int(errors.argmax()), frozen(point), search.found.method)


class Search:
    """The state of one attack.

    Parameters
    ----------
    twin : Twin
    field : Arena
    random : numpy Generator
    end : float
        Monotonic time at which to stop.
    """

    def __init__(self, twin: Twin, field: Arena, random: np.random.Generator, end: float) -> None:
        self.twin, self.field, self.random, self.end = twin, field, random, end
        outputs = twin.errors(field.lower[:1]).shape[1]
        self.goals = np.vstack([np.eye(outputs), -np.eye(outputs)])
        regions = len(field.lower)
        self.best = np.full((regions, len(self.goals)), -math.inf)  # by region and goal
        middle = field.project(field.lower / 2 + field.upper / 2, np.arange(regions))
        self.found = Found(-1.0, middle[0], 0, "centre")
        self.found.offer(self._errors(middle), middle, np.arange(regions), "centre")
        self.polished = -1.0

    def survey(self) -> None:
        """One linear step from the centre of every region towards every goal."""
        regions = np.repeat(np.arange(len(self.best)), len(self.goals))
        goals = np.tile(np.arange(len(self.goals)), len(self.best))
        for start in range(0, len(regions), 8 * ROWS):
            part = slice(start, start + 8 * ROWS)
            region, goal = regions[part], goals[part]
            x = self.field.project(self.field.lower[region] / 2 + self.field.upper[region] / 2, region)
            gradient, _ = self.twin.ascent(x, self.goals[goal], SOFT)
            self._record(self._moved(x, gradient, region, 1.0), region, goal, "gradient")
            if time.monotonic() >= self.end:
                return

    def climb(self) -> None:
        """One batch of projected sign steps: half of its searches where most was found, half anywhere."""
        order = np.argsort(-self.best.ravel(), kind="stable")
        rank = np.concatenate(
            [np.arange(ROWS // 2) // 2 % order.size, self.random.integers(order.size, size=ROWS // 2)]
        )
        region, goal = np.divmod(order[rank], len(self.goals))
        lower, upper = self.field.lower[region], self.field.upper[region]
        corner = self.random.random(lower.shape) < self.random.random((ROWS, 1))
        x = self.field.project(np.where(corner, upper, lower), region)
        heading = np.zeros_like(x)
        for step in range(STEPS):
            part = step / (STEPS - 1)
            gradient, _ = self.twin.ascent(x, self.goals[goal], SOFT * (SHARP / SOFT) ** part)
            scale = np.abs(gradient).mean(axis=1, keepdims=True)
            heading = 0.75 * heading + gradient / np.maximum(scale, 1e-300)
            x = self._moved(x, heading, region, LONG * (SHORT / LONG) ** part)
            if step % 4 == 3 or step == STEPS - 1:
                self._record(x, region, goal, "gradient")
                if time.monotonic() >= self.end:
                    return

    def polish(self) -> None:
        """Moves single coordinates of the best point to an end of their range while that helps."""
        if self.found.error <= self.polished or self.field.centres is not None:
            return
        for _ in range(200):
            if not self._flip() or time.monotonic() >= self.end:
                break
        self.polished = self.found.error

    def _flip(self) -> bool:
        """Tries every coordinate at every corner of its range, then the best of them together."""
        x, region = self.found.point, self.found.region
        errors = self._errors(x[None])[0]
        output = int(np.abs(errors).argmax())
        sign = math.copysign(1.0, errors[output])
        ends = [self.field.lower[region], self.field.upper[region]]
        if self.twin.model.signed:
            ends.append(np.clip(0.0, *ends))
        values = np.array(ends)
        gains = np.array([self._single(x, value)[:, output] for value in values]) * sign - abs(errors[output])
        choice = gains.argmax(axis=0)
        gain = gains.max(axis=0)
        order = np.argsort(-gain, kind="stable")[: int((gain > 0).sum())]
        if not len(order):
            return False
        value = values[choice, np.arange(len(x))]
        counts = np.unique(np.minimum(2 ** np.arange(12), len(order)))
        trial = np.repeat(x[None], len(counts), axis=0)
        for row, count in enumerate(counts):
            trial[row, order[:count]] = value[order[:count]]
        before = self.found.error
        self.found.offer(self._errors(trial), trial, np.full(len(trial), region), "coordinates")
        return self.found.error > before * (1 + 1e-9)

    def _single(self, x: Floats, value: Floats) -> Floats:
        """Errors (inputs, outputs) when coordinate k alone moves to value[k]: rank-one changes of a dense layer."""
        width, (z, gap) = len(x), self.twin.states(x[None])[0]
        first = self.twin.model.layers[0].right
        if not self.twin.model.program.plain:
            return self._errors(np.where(np.eye(width, dtype=bool), value, x))
        step = (self.twin.lift(value[None]) - self.twin.lift(x[None]))[0]
        target = (dense(first.target).value * step).T
        change = (dense(first.gap).value * step).T
        if self.twin.model.signed:
            target, change = target[:width] + target[width:], change[:width] + change[width:]
        return self.twin.errors(x[None], (z + target, gap + change))

    def inside(self) -> Floats:
        """The best point, pulled towards its centre until it lies in the domain exactly."""
        point, region = self.found.point, self.found.region
        for power in range(-40, 0):
            if self.field.inside(point, region) or self.field.centres is None:
                break
            centre = self.field.centres[region]
            point = np.clip(
                centre + (point - centre) * (1 - 2.0**power), self.field.lower[region], self.field.upper[region]
            )
        return point

    def _moved(self, x: Floats, heading: Floats, region: Indices, size: float) -> Floats:
        if self.field.centres is not None and self.field.radius is not None:
            length = np.sqrt(np.einsum("ij,ij->i", heading, heading))[:, None]
            step = heading / np.maximum(length, 1e-300) * (2 * size * float(self.field.radius))
        else:
            step = np.sign(heading) * (size * (self.field.upper[region] - self.field.lower[region]))
        return self.field.project(x + step, region)

    def _record(self, x: Floats, region: Indices, goal: Indices, method: str) -> None:
        errors = self._errors(x)
        values = np.einsum("ij,ij->i", errors, self.goals[goal])
        np.maximum.at(self.best, (region, goal), np.nan_to_num(values, nan=-math.inf))
        self.found.offer(np.nan_to_num(errors), x, region, method)

    def _errors(self, x: Floats) -> Floats:
        if self.twin.model.program.plain:
            return self.twin.errors(x)
        return np.concatenate([self.twin.errors(x[start : start + ROWS]) for start in range(0, len(x), ROWS)])
