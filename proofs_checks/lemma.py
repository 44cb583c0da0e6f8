"""What an entry of the ledger is: a statement, a check of it, and a false statement that the check must catch."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


class Verdict(enum.Enum):
    """What a check has shown; the value is the sentence that the ledger prints."""

    PROVED = "exact, for all parameters that the statement names"
    ENCLOSED = "outward rounding over the whole stated range"
    SAMPLED = "no counterexample in a finite sample"
    OPEN = "could not be decided"
    REFUTED = "a counterexample was found"


@dataclass(frozen=True)
class Lemma:
    """One entry.

    Parameters
    ----------
    statement : str
        One sentence.
    how : str
        By which means: identities of sympy, exact rationals, all cases, interval arithmetic.
    depth : str
        How far: "all parameters", or up to what size.
    step : int
        Number of the step of the certified theorem in README.md, 0 where it is none.
    expected : Verdict
    check : callable(claim) -> Verdict
        Decides the statement in which `claim` takes the place of its constant, sign or hypothesis.
    claim : object
        The one of the statement.
    false_statement : str
        A precise statement that differs from the true one in its claim, and is false.
    false_claim : object
        With it, `check` must answer REFUTED.
    """

    statement: str
    how: str
    depth: str
    step: int
    expected: Verdict
    check: Callable[[Any], Verdict]
    claim: Any
    false_statement: str
    false_claim: Any


def judge(facts: Iterable[bool | None], if_all: Verdict = Verdict.PROVED) -> Verdict:
    """`if_all` where every fact holds, REFUTED where one fails, OPEN where one (None) is undecided.

    Facts are looked at in order, up to the first that fails.
    """
    undecided = False
    for fact in facts:
        if fact is not None and not fact:
            return Verdict.REFUTED
        undecided |= fact is None
    return Verdict.OPEN if undecided else if_all
