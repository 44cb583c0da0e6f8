"""Bounds beside each other for one target: the theorem's formula, certified, necessary and measured numbers.

Everything is for the same tolerances, so that the columns can be compared: samples of one subset sum (of one sign
group), and the hidden units that they make.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from slth.core.errors import BadInput
from slth.core.laws import law
from slth.core.network import Network
from slth.theory.bounds.catalogue import catalogue
from slth.theory.bounds.propagation import propagated_error
from slth.theory.choice import chosen_theorem
from slth.theory.columns import columns_of
from slth.theory.formulas import Value, evaluated, first_of, layer_numbers, network_numbers
from slth.theory.gadgets.filters import VectorSum
from slth.theory.gadgets.nearest import Nearest
from slth.theory.lines import Line, Standing
from slth.theory.measuring import least_samples
from slth.theory.plan import LayerPlan, Plan, Request, Tick, silent
from slth.theory.sums import Sums, enough, plan_sums
from slth.theory.theorem import Theorem, theorems
from slth.theory.tolerances import by_norms, norms_of

PLANNED = (100_000, 4096, 512, 64)  # samples up to which a plan is made, if so large a source is possible
TRIED = 4096  # the same where a plan tries out scales


def standing(
    target: Network,
    key: str,
    request: Request,
    *,
    given: Mapping[str, float] | None = None,
    options: Mapping[str, str] | None = None,
    runs: int = 3,
    tick: Tick = silent,
) -> Standing:
    """The bounds of one theorem for one target.

    Parameters
    ----------
    key : str
        Of any paper of the catalogue, or auto; where it has no construction, that of auto is built.
    request : Request
        With a wish for eps or for a weight error; delta is the chance of failure of the whole ticket.
    given : mapping
        Numbers of the vocabulary that the target does not tell, or in place of those that it does.
    options : mapping
        Of the theorem.
    runs : int
        Seeds with which the smallest n is measured; 0: not at all.

    Raises
    ------
    BadInput
        When the target or a number can not be used.
    """
    rule = chosen_theorem(target, key if key in theorems.names() else "auto", options or {})
    key = rule.key if key == "auto" else key
    request = replace(request, law=request.law_or(rule.law).name)
    tolerances, eps = _tolerances(target, request)
    table = _Table(target, rule, request, tolerances, eps, key, dict(given or {}))
    lines = tuple(table.line(number, runs, tick) for number in range(len(target.affine)))
    request = replace(request, assignment=table.plan(2).assignment)
    return Standing(key, rule.key, request, eps, lines, table.formulas(), table.told(lines))


def _tolerances(target: Network, request: Request) -> tuple[tuple[float, ...], float]:
    """One tolerance a layer, and the network's error that they promise."""
    layers, radius = norms_of(target, request.domain_for(target))
    if request.weight_error is not None:
        same = (request.weight_error,) * len(layers)
        return same, propagated_error(layers, same, "inf", radius) if target.is_sequence else math.inf
    if request.epsilon is None:
        raise BadInput("give --epsilon, the error of the network, or --weight-error, that of one weight")
    if not target.is_sequence:
        raise BadInput("bounds by norms are for layers in a row, which this target's are not; give --weight-error")
    return by_norms(target, request.domain_for(target), request.epsilon), request.epsilon


@dataclass
class _Table:
    """Everything that the lines of a table are made of."""

    target: Network
    rule: Theorem
    request: Request
    tolerances: tuple[float, ...]
    eps: float
    key: str
    given: dict[str, float]
    notes: list[str] = field(default_factory=list)
    most: int = 2

    def __post_init__(self) -> None:
        self.planned: Callable[[int], Plan] = lru_cache(64)(
            lambda n: self.rule.plan(self.target, replace(self.request, samples=n), n)
        )
        self.entries = list(catalogue(self.key))
        self.columns = columns_of(self.plan(2).gadget)
        self.vectors = isinstance(self.plan(2).gadget, VectorSum)
        self.most = self._most()

    def plan(self, n: float) -> Plan:
        """The plan with n samples, or as many as are planned at most."""
        return self.planned(max(2, math.ceil(min(n, self.most))))

    def _most(self) -> int:
        """Samples up to which a plan is made; beyond it units are taken to be proportional."""
        for most in PLANNED:
            if most <= TRIED or not self.vectors:
                with contextlib.suppress(BadInput):
                    self.planned(most)
                    return most
        return 2

    def sums(self, n: float) -> tuple[tuple[Sums, ...], ...]:
        """The subset sums of all layers; vector sums of biases, which are far shorter, are left out."""
        few = self.plan(n)
        found = plan_sums(few, self.target, self.tolerances)
        return tuple(layer[:1] for layer in found) if self.vectors else found

    def share(self) -> float:
        """The share of samples that is kept, where the theorem fixes it."""
        return self.given.get("share", float(getattr(self.rule, "density", 0.5)))

    def line(self, number: int, runs: int, tick: Tick) -> Line:
        """The columns of one layer."""
        node, tolerance = self.target.affine[number], self.tolerances[number]
        samples: dict[str, float | None] = {
            "certified": self.bound("certified", lambda n: self.certified(number, n)),
            "first_moment": self.bound("first moment", lambda n: self.largest(number, n, self.columns.first_moment)),
            "counting": self.bound("counting", lambda n: self.largest(number, n, self.columns.counting)),
        }
        known = self.known(number)
        paper = first_of(self.entries, "samples", known) or first_of(self.entries, "filters", known)
        samples["theorem"] = None if paper is None else paper.value
        measured = None
        if runs:
            start = int(samples["first_moment"] or samples["counting"] or 2)
            measured = least_samples(
                self.rule,
                self.target,
                self.request,
                self.tolerances,
                number,
                start,
                runs,
                lambda done, total: tick(f"measuring layer {number + 1}", done, total),
            )
            samples["measured"] = measured.enough
        units = {column: self.units(number, n) for column, n in samples.items()}
        width = first_of(self.entries, "units", known)
        if width is not None:
            units["theorem"] = width.value
        shape = "x".join(map(str, (*node.shape, *(node.kernel if node.kernel != (1, 1) else ()))))
        return Line(shape, sum(a.size for _, a in node.tensors()), tolerance, samples, units, measured)

    def bound(self, what: str, wanted: Callable[[int], float]) -> float | None:
        """A bound, or None and a note that says why there is none."""
        try:
            return enough(wanted)
        except (BadInput, OverflowError, ValueError) as error:
            self.note(f"{what}: {error if isinstance(error, BadInput) else 'beyond the range of numbers'}")
            return None

    def certified(self, number: int, n: int) -> float:
        """The layer's share of the chance of failure is that of its subset sums."""
        every = self.sums(n)
        total = sum(sums.count for layer in every for sums in layer)
        share, found = self.request.delta / total, 0.0
        for sums in every[number]:
            real = replace(sums, tolerance=self.room(sums, n))
            found = max(found, self.columns.certified(real, share * sums.count, self.share()))
        return found

    def room(self, sums: Sums, n: int) -> float:
        """What the tolerance leaves to real samples, n of which are rounded to the law's bits; all where that is less.

        A uniform weight is within 2^-bits of a real one, a product of two within twice that.
        """
        drawn = law(self.request.law)
        terms = 1 if isinstance(self.plan(2).gadget, Nearest) else n
        rounding = math.inf if drawn.symbol != "U" else terms * len(sums.law) * 2.0**-drawn.bits
        if rounding < sums.tolerance:
            return sums.tolerance - rounding
        self.note(
            f"certified: for real weights; that slth draws {drawn.bits} bits is more than these tolerances allow for"
        )
        return sums.tolerance

    def largest(self, number: int, n: int, column: Callable[[Sums, float], float]) -> float:
        """Of the sums of one layer."""
        return max(column(sums, self.share()) for sums in self.sums(n)[number])

    def units(self, number: int, n: float | None) -> float | None:
        """Hidden units of a layer that n samples make; copies of outputs count where there are any."""
        if n is None or not math.isfinite(n):
            return n
        return _hidden(self.plan(n).layers[number]) * max(1.0, n / self.most)

    def known(self, number: int) -> dict[str, dict[str, float]]:
        """Numbers for formulas of one sum, of a layer and of the network."""
        layer = layer_numbers(self.target.affine[number], number)
        network = network_numbers(self.target) | layer | {"eps": self.eps, "delta": self.request.delta}
        sums = self.sums(2)
        total = sum(each.count for part in sums for each in part)
        one = {
            "eps": min(each.tolerance for each in sums[number]),
            "delta": min(self.request.delta / total, 0.5),
            "radius": max(max(each.largest for each in sums[number]), 2.0**-60),
            "dims": float(self.plan(2).layers[number].rows),
        }
        fixed = {"share": self.share()} if hasattr(self.rule, "density") else {}
        square = {"width": min(layer["d_in"], layer["d_out"])}
        given = self.given
        return {
            "sum": network | one | fixed | given,
            "layer": network | fixed | square | given,
            "network": network | fixed | given,
        }

    def formulas(self) -> tuple[tuple[Value, ...], ...]:
        """Every formula of the paper for every layer."""
        known = [self.known(number) for number in range(len(self.target.affine))]
        return tuple(tuple(evaluated(entry, each[entry.formula.of]) for each in known) for entry in self.entries)

    def note(self, line: str) -> None:
        """Something to be said once."""
        if line not in self.notes:
            self.notes.append(line)

    def told(self, lines: tuple[Line, ...]) -> tuple[str, ...]:
        """What a reader of the table should know."""
        if self.key != self.rule.key:
            self.note(f"{self.key} has no construction: all but its own formulas is about {self.rule.key}")
        norms = [layer.norm for layer in norms_of(self.target, self.request.domain_for(self.target))[0]]
        if max(norms) > 1:
            shown = ", ".join(f"{norm:.3g}" for norm in norms)
            self.note(
                f"row sums of absolute weights are {shown}: tolerances allow for it, the theorem's formula does not"
            )
        if not 0 < self.eps < 1:
            self.note(f"formulas of networks need eps < 1; these tolerances promise {self.eps:.3g}")
        for number, line in enumerate(lines, 1):
            found = line.measured
            if found is not None and found.rows < found.of:
                part = (
                    f"{found.rows} of {found.of} neurons, the hardest" if found.rows else "nothing: it takes too long"
                )
                self.note(f"layer {number} was measured on {part}: there n is at least as large")
        return tuple(self.notes)


def _hidden(layer: LayerPlan) -> int:
    return layer.units + (layer.outputs if layer.copies > 1 else 0)
