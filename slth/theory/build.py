"""The door of the constructions: a target and a request go in, a ticket whose claim was certified comes out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from slth.certify import Certified, certify
from slth.core.collapse import collapse
from slth.core.compact import drop_dead_units
from slth.core.domain import Domain
from slth.core.errors import BadInput
from slth.core.mask import Mask
from slth.core.network import Floats, Network
from slth.core.ticket import Missed, SupNorm, Ticket
from slth.rss.problem import solvers
from slth.theory.bounds.samples import SampleChoice
from slth.theory.choice import choose_samples, chosen_theorem
from slth.theory.gadgets.filters import solve_filters
from slth.theory.gadgets.pair import SolvedPair
from slth.theory.gadgets.trade import trade
from slth.theory.plan import (
    Bits,
    Gadget,
    Integers,
    Plan,
    Progress,
    Request,
    Say,
    Solved,
    Tick,
    silent,
)
from slth.theory.stages import taps_of
from slth.theory.theorem import Theorem
from slth.theory.tolerances import Tolerances, claimed, wished
from slth.version import version

MOST_ROUNDS = 3
QUICK = 26  # samples up to which the closest subset takes microseconds
QUICK_WITHIN = 40  # and one within tolerance
PROBED = 16
NARROWER = 0.75  # a further round aims so far below the missing factor: errors fill three quarters of a tolerance


@dataclass(frozen=True, eq=False)
class Made:
    """A finished ticket with what was learnt on the way.

    Parameters
    ----------
    ticket : Ticket
    certified : Certified
        Of the ticket, on its claim's domain.
    tolerances : Tolerances
        What each weight was allowed to be off by.
    choice : SampleChoice or None
        How n was chosen; None where the user gave it.
    weight_errors : tuple of float64 arrays (outputs, columns)
    rounds : tuple of float
        The claim after each round.
    widened : int
        Weights beyond their tolerance in a ticket that meets a wish for eps all the same.
    solve_seconds, total_seconds : float
        In the subset sums alone; in all, certificates included.
    """

    ticket: Ticket
    certified: Certified
    tolerances: Tolerances
    choice: SampleChoice | None
    weight_errors: tuple[Floats, ...]
    rounds: tuple[float, ...]
    widened: int
    solve_seconds: float
    total_seconds: float

    @property
    def max_weight_error(self) -> float:
        """The largest error of a weight."""
        return max(float(errors.max()) for errors in self.weight_errors)


def approximate(
    target: Network,
    request: Request,
    theorem: str = "auto",
    say: Say = silent,
    tick: Tick = silent,
    options: Mapping[str, Any] | None = None,
) -> Made:
    """Finds the target inside a random network and certifies what was found.

    Parameters
    ----------
    target : Network
    request : Request
    theorem : str
        Key of a registered theorem, or auto (`choice.theorem_for`).
    say : callable(line)
        Told what is decided.
    tick : callable(what, done, total)
        Told how far the solving is.
    options : mapping
        Of the theorem: the fields of its class.

    Raises
    ------
    BadInput
        When the target, the domain or an option cannot be used.
    """
    begun = time.perf_counter()
    if request.solver != "auto":
        solvers.get(request.solver)
    rule = chosen_theorem(target, theorem, options or {})
    request = replace(request, law=request.law_or(rule.law).name)
    domain = request.domain_for(target)
    wanted = wished(target, request, domain, say)
    choice = None
    if not request.samples:
        rule, choice = choose_samples(rule, target, request, wanted, say)
    plan = rule.plan(target, request, choice.n if choice else int(request.samples or 1))
    clock = _Clock(plan.gadget)
    attempts = _attempts(replace(plan, gadget=clock), target, request, wanted, say, tick)
    best = min(attempts, key=lambda attempt: attempt.claim)
    if not math.isfinite(best.claim):
        raise BadInput(f"the bound overflows on {domain}; a smaller --domain is needed")
    missed = Missed() if best.limits is None else _missed(target, best.errors, best.limits)
    widened = 0
    if request.epsilon is not None and best.claim <= request.epsilon:
        # the wish is met, and tolerances were ours to choose: what was reached is what is allowed
        widened, missed = len(missed), Missed()
    claim = SupNorm(target.digest, best.claim, domain)
    ticket = Ticket(plan.source, best.mask, claim, _made(plan, rule, request, wanted), missed)
    claims = tuple(attempt.claim for attempt in attempts)
    total = time.perf_counter() - begun
    tolerances = best.limits or wanted
    return Made(ticket, best.certified, tolerances, choice, best.errors, claims, widened, clock.seconds, total)


@dataclass(eq=False)
class _Clock:
    """A gadget, and the seconds that it took in all."""

    gadget: Gadget
    seconds: float = 0.0

    def choose(
        self, values: Integers, targets: Integers, tolerances: Integers | None, progress: Progress | None = None
    ) -> tuple[Bits, Integers]:
        begun = time.perf_counter()
        found = self.gadget.choose(values, targets, tolerances, progress)
        self.seconds += time.perf_counter() - begun
        return found


@dataclass(frozen=True, eq=False)
class _Attempt:
    """One round: every layer solved, and the whole certified."""

    pairs: tuple[Solved, ...]
    mask: Mask
    certified: Certified
    limits: Tolerances | None

    @property
    def claim(self) -> float:
        return claimed(self.certified)

    @property
    def errors(self) -> tuple[Floats, ...]:
        return tuple(pair.weight_errors() for pair in self.pairs)


def _attempts(
    plan: Plan, target: Network, request: Request, wanted: Tolerances, say: Say, tick: Tick
) -> list[_Attempt]:
    """Rounds until the wish for eps is met."""
    domain = request.domain_for(target)
    limits = None if _free_of_tolerance(request) else wanted
    scalar = plan.stage is not solve_filters
    if scalar and plan.layers[0].samples > (QUICK if limits is None else QUICK_WITHIN):
        seconds = _expected_seconds(plan, wanted, limits)
        if seconds >= 1:
            say(f"solving will take about {seconds:.0f} s")
    attempts = [_attempt(plan, target, wanted, limits, domain, None, tick)]
    while limits and request.epsilon and attempts[-1].claim > request.epsilon and len(attempts) < MOST_ROUNDS:
        limits = limits.narrowed(NARROWER * request.epsilon / attempts[-1].claim, attempts[-1].errors)
        say(f"certified {attempts[-1].claim:.4g}: tolerances scaled to a median of {limits.median:.2g}, solving again")
        attempts.append(_attempt(plan, target, limits, limits, domain, attempts[-1], tick))
    return attempts


def _attempt(
    plan: Plan,
    target: Network,
    wanted: Tolerances,
    limits: Tolerances | None,
    domain: Domain,
    before: _Attempt | None,
    tick: Tick,
) -> _Attempt:
    pairs = []
    for layer, node in zip(plan.layers, target.affine, strict=True):
        tolerances = limits.layers[layer.number] if limits else None
        previous = before.pairs[layer.number] if before else None
        pair = plan.stage(plan, layer, node, tolerances, previous, tick)
        if plan.assignment == "traded" and isinstance(pair, SolvedPair):
            pair = trade(plan, pair, node, wanted.layers[layer.number], tolerances)
        pairs.append(pair)
    kept = [entries for pair in pairs for entries in pair.kept()]
    mask = drop_dead_units(plan.source, Mask.of(plan.source, kept), target.is_sequence)
    return _Attempt(tuple(pairs), mask, certify(target, collapse(plan.source, mask), domain), limits)


def _expected_seconds(plan: Plan, wanted: Tolerances, limits: Tolerances | None) -> float:
    """Measured on a few random instances of the same size; the first run, which compiles, is not counted."""
    layer = plan.layers[0]
    values = np.random.default_rng(0).integers(-(2**46), 2**46, (PROBED, layer.samples)) << layer.shift // 2
    targets = values[:, ::9].sum(axis=1) // 2
    step = int(min(wanted.median / layer.unit, 2.0**50))
    each = 0.0
    for rows in (1, 1, PROBED):
        begun = time.perf_counter()
        plan.gadget.choose(values[:rows], targets[:rows], None if limits is None else np.full(rows, step))
        each = (time.perf_counter() - begun) / rows
        if each > 1:
            break
    return each * sum(layer.rows * len(layer.slots) for layer in plan.layers)


def _free_of_tolerance(request: Request) -> bool:
    """Whether the objective asks for the closest subset and nobody fixed a tolerance."""
    return request.objective == "closest" and request.weight_error is None


def _missed(target: Network, errors: tuple[Floats, ...], limits: Tolerances) -> Missed:
    entries, sizes = [], []
    for number, (layer, tolerance) in enumerate(zip(errors, limits.layers, strict=True)):
        node = target.affine[number]
        rows, columns = np.nonzero(layer > tolerance)
        output, tap = np.divmod(rows, taps_of(node))
        place = np.minimum(columns * taps_of(node) + tap, node.weight[0].size)
        entries.append(np.stack([np.full(len(rows), number), output, place], axis=1))
        sizes.append(layer[rows, columns])
    return Missed(np.concatenate(entries).astype(np.int64), np.concatenate(sizes))


def _made(plan: Plan, rule: Theorem, request: Request, wanted: Tolerances) -> dict[str, object]:
    samples = [layer.samples for layer in plan.layers]
    return {
        "by": f"slth {version()}",
        "theorem": plan.theorem,
        "options": {field.name: str(getattr(rule, field.name)) for field in fields(rule)},  # type: ignore[arg-type]
        "assignment": plan.assignment,
        "objective": request.objective,
        "solver": request.solver,
        "samples": samples[0] if len(set(samples)) == 1 else samples,
        "tolerances": wanted.how,
        "wish": {
            "epsilon": None if request.epsilon is None else request.epsilon.hex(),
            "weight_error": None if request.weight_error is None else request.weight_error.hex(),
            "delta": request.delta.hex(),
        },
    }
