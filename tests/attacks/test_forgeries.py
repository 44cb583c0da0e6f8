"""10,000 forged tickets: neither the fast certificate nor the exact checker may prove one.

Half carry a change under a digest left as it was. Half carry correct digests and a claim that is false: the error at a
stored input of the claim's own domain, computed here in exact rational numbers, exceeds the claimed eps.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from exact_replay import errors, inside
from forgery_kinds import BROKEN_KINDS, KINDS, flipped
from honest_tickets import Draft, honest, points

import slth.certify.bounds as fast_bounds
import slth.interop.envelope as fast_envelope
import slth.interop.tickets as fast_files
import slth.verify.__main__ as exact
import slth.verify.documents as exact_files
from slth.certify.exact import exact_error
from slth.core.errors import BadInput
from slth.core.ticket import check_fits
from slth.interop.read import read

HALF = 5_000
PROVED, UNDECIDED, REFUSED = "PROVED", "UNDECIDED", "REFUSED"


@dataclass(frozen=True)
class Forgery:
    """A ticket file and the target file it is shown with."""

    kind: str
    ticket: bytes
    target: bytes


class Court:
    """Both checkers on files in one folder, as the command line calls them."""

    def __init__(self, folder: Path):
        self.ticket, self.target = folder / "forged.slth", folder / "target.safetensors"
        self.shown: dict[Path, bytes] = {}
        self.proved: list[float] = [math.inf, math.inf]

    def verdicts(self, ticket: bytes, target: bytes) -> tuple[str, str]:
        for path, data in ((self.ticket, ticket), (self.target, target)):
            if data != self.shown.get(path):
                path.unlink(missing_ok=True)  # to write over a file takes some file systems longer
                path.write_bytes(data)
                self.shown[path] = data
        return self.fast(), self.exact()

    def fast(self) -> str:
        try:
            network = read(self.target).network
            ticket, _ = fast_files.read_ticket(self.ticket)
            check_fits(ticket, network)
            certified = fast_bounds.certify(network, ticket.layers, ticket.claim.domain)
        except BadInput:
            return REFUSED
        self.proved[0] = certified.eps_real
        return PROVED if certified.eps_real <= ticket.claim.eps else UNDECIDED

    def exact(self) -> str:
        options = argparse.Namespace(ticket=str(self.ticket), target=str(self.target), domain=None, epsilon=None)
        try:
            report = exact.verify(options)
        except exact.BadInput:
            return REFUSED
        self.proved[1] = report["eps_real"]
        return str(report["verdict"])


@pytest.fixture
def court(tmp_path) -> Court:
    return Court(tmp_path)


def ulp_below(value: Fraction) -> float:
    """The largest float below a positive number."""
    near = float(value)
    return near if Fraction(near) < value else math.nextafter(near, 0.0)


def false_claim(draft: Draft, rng: random.Random, slack: float | None) -> bool:
    """Whether the claim is false at a stored input; with a slack, the claim is first set that far below the error."""
    inputs = points(draft, rng, 4)
    found = errors(draft.body, draft.tensors, draft.target, inputs)
    worst = max(found)
    assert inside(draft.body["claim"]["domain"], draft.tensors, inputs[found.index(worst)])
    if worst > 0 and slack is not None:
        draft.eps(ulp_below(worst * (1 - Fraction(slack))))
    draft.seal()
    return worst > Fraction(float.fromhex(draft.body["claim"]["eps"]))


def sealed_forgeries(bases: list[Draft], count: int) -> Iterator[Forgery]:
    """Correct digests, false claims; every kind equally often, half of them just below the error at a stored input."""
    rng = random.Random("sealed")
    kinds = [claim_below_an_attained_error, *KINDS]
    for number in range(count):
        kind = kinds[number % len(kinds)]
        while True:
            draft = rng.choice(bases).copied()
            kind(draft, rng)
            slack = rng.choice((0.0, 0.0, 2.0**-50, 2.0**-40, 2.0**-30, 2.0**-20, 0.01))
            if false_claim(draft, rng, slack if kind is kinds[0] or rng.random() < 0.5 else None):
                break
        yield Forgery(kind.__name__, draft.ticket_bytes(), draft.target_bytes())


def claim_below_an_attained_error(draft: Draft, rng: random.Random) -> None:
    """Nothing else: the honest ticket with a claim that is a little too small."""


def broken_forgeries(bases: list[Draft], count: int) -> Iterator[Forgery]:
    """A change, true or false, under the digest that was there; every fifth changes one byte of a file."""
    rng = random.Random("broken")
    for number in range(count):
        base = rng.choice(bases)
        ticket, target = base.ticket_bytes(), base.target_bytes()
        if number % 5 == 0:
            shown = rng.random() < 0.3
            name = "byte of the target" if shown else "byte of the ticket"
            yield Forgery(
                name, *((ticket, flipped(target, rng, True)) if shown else (flipped(ticket, rng, False), target))
            )
            continue
        kind = BROKEN_KINDS[number % len(BROKEN_KINDS)]
        while True:
            draft = base.copied()
            kind(draft, rng)
            forged = Forgery(kind.__name__, draft.ticket_bytes(), draft.target_bytes())
            if (forged.ticket, forged.target) != (ticket, target):
                break
            base = rng.choice(bases)
            ticket, target = base.ticket_bytes(), base.target_bytes()
        yield forged


def tried(court: Court, forgeries: Iterable[Forgery]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Forgeries by kind, verdicts of both checkers, and what was proved, by checker and kind."""
    kinds, ends, proved = Counter[str](), Counter[str](), Counter[str]()
    for forged in forgeries:
        kinds[forged.kind] += 1
        for name, verdict in zip(("fast", "exact"), court.verdicts(forged.ticket, forged.target), strict=True):
            ends[f"{name} {verdict}"] += 1
            proved[f"{name} {forged.kind}"] += verdict == PROVED
    return kinds, ends, +proved


def told(kinds: Counter[str], ends: Counter[str], proved: Counter[str]) -> str:
    by_kind = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in kinds.items())
    refused = f"refused by fast {ends['fast REFUSED']:,}, by exact {ends['exact REFUSED']:,}"
    return f"{proved.total()} of {kinds.total():,} PROVED by either checker ({refused}); {by_kind}"


@pytest.fixture(scope="module")
def bases(tmp_path_factory) -> list[Draft]:
    """Honest tickets that claim exactly what the looser of both checkers proves, and are proved by both."""
    court, drafts = Court(tmp_path_factory.mktemp("honest")), [draft.copied() for draft in honest()]
    for draft in drafts:
        draft.eps(1e3)
        draft.seal()
        assert court.verdicts(draft.ticket_bytes(), draft.target_bytes()) == (PROVED, PROVED)
        draft.eps(max(court.proved))
        draft.seal()
        assert court.verdicts(draft.ticket_bytes(), draft.target_bytes()) == (PROVED, PROVED)
    return drafts


def test_sealed_forgeries(court, bases, figure):
    kinds, ends, proved = tried(court, sealed_forgeries(bases, HALF))
    figure("forgeries, digests correct, claim false at a stored input", told(kinds, ends, proved))
    assert kinds.total() == HALF and not proved
    assert min(ends["fast UNDECIDED"], ends["exact UNDECIDED"]) > 0.9 * HALF  # it was the bound that decided


def test_broken_forgeries(court, bases, figure):
    kinds, ends, proved = tried(court, broken_forgeries(bases, HALF))
    figure("forgeries, digest left as it was", told(kinds, ends, proved))
    assert kinds.total() == HALF and not proved
    assert ends["fast REFUSED"] == ends["exact REFUSED"] == HALF


class Agreeable(str):
    """A digest that equals every other: what is left when digests are not compared."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def test_without_digests_broken_forgeries_are_proved(court, bases, monkeypatch):
    for module in (fast_envelope, exact_files):
        monkeypatch.setattr(module, "content_digest", lambda *_: Agreeable("0" * 64))
    _, _, proved = tried(court, broken_forgeries(bases, 200))
    for name in ("made", "claim_raised"):
        assert proved[f"fast {name}"] and proved[f"exact {name}"]


@pytest.mark.parametrize("share", [2.0**-20, 2.0**-40])
def test_bounds_a_little_too_small_prove_sealed_forgeries(court, bases, monkeypatch, share):
    """The claims are so close to the truth that a certificate which loses a millionth, or less, is caught."""
    bound, certify = exact.Bound.result, fast_bounds.certify

    def certified(*arguments):
        found = certify(*arguments)
        return dataclasses.replace(found, eps_real=found.eps_real * (1 - share))

    monkeypatch.setattr(exact.Bound, "result", lambda self, best: int(bound(self, best) * (1 - Fraction(share))))
    monkeypatch.setattr(fast_bounds, "certify", certified)
    _, _, proved = tried(court, sealed_forgeries(bases, 280))
    assert {name.split()[0] for name in proved} == {"fast", "exact"}


def test_without_comparing_eps_all_sealed_forgeries_that_are_read_are_proved(court, bases, monkeypatch):
    monkeypatch.setattr(exact.Bound, "result", lambda self, best: 0)
    monkeypatch.setattr(fast_bounds, "certify", lambda *_: argparse.Namespace(eps_real=0.0))
    _, ends, _ = tried(court, sealed_forgeries(bases, 140))
    for name in ("fast", "exact"):
        assert ends[f"{name} PROVED"] > 100 and ends[f"{name} UNDECIDED"] == 0


def test_the_replay_agrees_with_the_program(bases):
    """Three ways to the same rational number: unit by unit here, collapsed in slth.certify, and the checker's bound."""
    rng = random.Random(5)
    for draft in bases:
        ticket = fast_files.decode(draft.body, draft.tensors)
        for x in points(draft, rng, 5):
            near = [float(v) for v in x]
            (found,) = errors(draft.body, draft.tensors, draft.target, [[Fraction(v) for v in near]])
            assert found == exact_error(draft.target, ticket.layers, np.array(near))
