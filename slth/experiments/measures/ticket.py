"""Whole tickets: how often a random network of a given size holds a target, weight by weight or up to eps."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.core.errors import BadInput
from slth.experiments.draws import Draws
from slth.experiments.measure import Measure, Outcome, Said, Value, measures
from slth.experiments.targets import target_of
from slth.theory.bounds import tails, unimodal
from slth.theory.bounds.samples import ROUNDING, expected_misses
from slth.theory.build import approximate
from slth.theory.choice import chosen_theorem
from slth.theory.plan import Plan, Request
from slth.theory.stages import arrivals, matrix_of, scale_of

SEEDS = 2  # the stream of the seeds of tickets
FEWEST, MOST = 2, 100_000  # samples


@measures.register("ticket")
@dataclass(frozen=True)
class Ticket(Measure):
    """A ticket of a target from a fresh random network; a success misses no weight, or claims at most epsilon.

    Parameters
    ----------
    target : str
        A network file, or "random:5-3-1".
    theorem : str
        As on the command line.
    depth : str
        "L+1" or "2L" for theorems that offer both, which is their option; empty: the theorem's own.
    samples : int
        Of one subset sum; or give width.
    width : float
        The widest hidden layer of the random network over the widest layer of the target: the most samples that fit.
    weight_error : float
        The tolerance of every weight; or give epsilon.
    epsilon : float
        Of the outputs, on the default domain, certified.
    """

    target: str
    theorem: str = "auto"
    depth: str = ""
    samples: int = 0
    width: float = 0.0
    weight_error: float = 0.0
    epsilon: float = 0.0

    title: ClassVar[str] = "tickets: whether a random network of given size holds a target"
    value: ClassVar[str] = "the claim, a certified bound on the error of the outputs"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if (self.samples > 0) == (self.width > 0) or min(self.samples, self.width) < 0:
            raise BadInput(f"give samples or width, one of them above 0, not {self.samples} and {self.width}")
        if (self.weight_error > 0) == (self.epsilon > 0) or min(self.weight_error, self.epsilon) < 0:
            raise BadInput(
                f"give weight_error or epsilon, one of them above 0, not {self.weight_error}, {self.epsilon}"
            )

    def check(self) -> None:
        """The target is there, the theorem speaks of it, and a network of this size has a plan."""
        self._plan(self._samples)

    def content(self) -> str:
        """The digest of the target."""
        return target_of(self.target).digest

    def run(self, draws: Draws) -> Outcome:
        """Build every ticket, certificate included."""
        hits, claims = [], []
        for words in draws.words(8, SEEDS):
            request = self._request(int.from_bytes(words.astype("<u4").tobytes(), "little"))
            made = approximate(target_of(self.target), request, self.theorem, options=self._options)
            claim = made.ticket.claim.eps
            hits.append(claim <= self.epsilon if self.epsilon else not len(made.ticket.missed))
            claims.append(claim)
        return Outcome(np.array(hits, np.bool_), np.array(claims))

    def said(self) -> tuple[Said, ...]:
        """For a tolerance of weights and products of uniforms: simulated tails, and what is proved for full groups.

        Matched units leave a group short now and then where columns are few, so that the latter is no bound.
        """
        rule = chosen_theorem(target_of(self.target), self.theorem, self._options)
        if not self.weight_error or rule.law != "uniform" or rule.key not in ("pensia2020", "dacunha2022"):
            return ()
        n, weights, tolerances = self._samples, *self._scaled
        if weights.size == 0:
            return ()
        chance = math.exp(-expected_misses(weights, tolerances, n, law=tails.LAWS[0]))
        real, groups = tolerances - n * ROUNDING, math.ceil(weights.max())
        if real.min() <= 0:
            return (Said("simulated tail", "model", chance),)
        failures = groups * unimodal.failure_bound("UU", np.full(len(weights), n // groups), real / groups)
        sure = 1 - min(1.0, float(np.sum(failures)))
        return (Said("simulated tail", "model", chance), Said("certified, groups full", "model", sure))

    def facts(self) -> Mapping[str, Value]:
        """Sizes of the random network."""
        plan = self._plan(self._samples)
        stages = len(plan.layers)
        direct = sum(layer.fed > 1 for layer in plan.layers)
        return {
            "samples used": self._samples,
            "width factor": self._width_of(plan),
            "depth factor": (2 * stages - direct) / stages,
            "source weights": plan.source.size,
        }

    @property
    def _options(self) -> dict[str, str]:
        return {"depth": self.depth} if self.depth else {}

    def _request(self, seed: int = 0) -> Request:
        tolerance, epsilon = self.weight_error or None, self.epsilon or None
        return Request(epsilon, tolerance, samples=self._samples, seed=seed, threads=1)

    @functools.cached_property
    def _samples(self) -> int:
        """As given, or the most whose random network is no wider than asked for."""
        if self.samples:
            return self.samples
        low, high = FEWEST - 1, FEWEST
        while high <= MOST and self._width_of(self._plan(high)) <= self.width:
            low, high = high, 2 * high
        if low < FEWEST:
            raise BadInput(f"a width of {self.width} has no room for {FEWEST} samples a weight: take a larger one")
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._width_of(self._plan(middle)) <= self.width else (low, middle)
        return low

    def _plan(self, samples: int) -> Plan:
        target = target_of(self.target)
        rule = chosen_theorem(target, self.theorem, self._options)
        return rule.plan(target, Request(samples=samples, law=rule.law), samples)

    def _width_of(self, plan: Plan) -> float:
        """The widest hidden layer of the source over the widest layer of the target."""
        hidden = [layer.rows for layer in plan.source.layers[:-1]]
        widths = [side for node in target_of(self.target).affine for side in node.shape]
        return max(hidden) / max(widths)

    @property
    def _scaled(self) -> tuple[np.ndarray, np.ndarray]:
        """Every weight that needs a subset, once for each sign group, and its tolerance, in units of its scale."""
        target, request = target_of(self.target), Request(samples=FEWEST)
        sizes, limits = [], []
        for node, arrival in zip(target.affine, arrivals(target, request), strict=True):
            scale = scale_of(node, request.law_or("uniform"))
            weights = np.abs(matrix_of(node)).ravel() / scale
            weights = weights[weights > self.weight_error / scale]
            sizes += [weights] * (2 if arrival.signed else 1)
            limits += [np.full(len(weights), self.weight_error / scale)] * (2 if arrival.signed else 1)
        return np.concatenate(sizes), np.concatenate(limits)
