"""What a theorem plug-in is: a citation, a statement in our words, and a plan for a source and its gadgets."""

from __future__ import annotations

from typing import ClassVar, Protocol

from slth.core.network import Floats, Network
from slth.core.registry import Registry
from slth.theory.bounds.samples import SampleChoice
from slth.theory.plan import Plan, Request


class Theorem(Protocol):
    """One published theorem; its file in `theory/theorems` is everything slth knows of it.

    Attributes
    ----------
    key : str
        `<firstauthor><year>`, as on the command line.
    title, citation : str
        The paper's title; a BibTeX entry.
    statement : str
        The theorem in our words, with what we could not re-read marked as such.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    statement: ClassVar[str]

    def plan(self, target: Network, request: Request, samples: int) -> Plan:
        """Which source and which gadget for which layer, with `samples` samples for one instance."""
        ...

    def samples(self, weights: Floats, tolerances: Floats, delta: float, law: str) -> SampleChoice:
        """The smallest n with at most `delta` expected misses; weights and tolerances in units of the scale.

        `law` is the law of one product: UU, NN or SS.
        """
        ...


theorems: Registry[Theorem] = Registry("theorem", "slth.theory.theorems")
