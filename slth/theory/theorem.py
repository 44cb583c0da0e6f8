"""What a theorem plug-in is: a citation, a statement in our words, and a plan for a source and its gadgets."""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

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
    law : str
        The law of the source's weights where the user asks for none.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    statement: ClassVar[str]
    law: ClassVar[str]

    def check(self, target: Network) -> None:
        """Refuses targets that the theorem does not speak of, with BadInput that names the node and what to do."""
        ...

    def plan(self, target: Network, request: Request, samples: int) -> Plan:
        """Which source and which gadget for which layer, with `samples` samples for one instance."""
        ...

    def samples(self, weights: Floats, tolerances: Floats, delta: float, law: str) -> SampleChoice:
        """The smallest n with at most `delta` expected misses; weights and tolerances in units of the scale.

        `law` is the law of one product: UU, NN or SS.
        """
        ...

    def order(self, tolerance: float) -> float:
        """How the samples of one instance grow as the tolerance of one weight shrinks: up to the theorem's constant."""
        ...


@runtime_checkable
class Fitted(Theorem, Protocol):
    """A theorem whose automatic samples differ from layer to layer."""

    def fitted(self, target: Network, request: Request, tolerances: tuple[Floats, ...]) -> tuple[Theorem, SampleChoice]:
        """The theorem with its options set for a target, and the largest n of a layer.

        Tolerances are shaped as each layer's matrix, in the target's units.
        """
        ...


theorems: Registry[Theorem] = Registry("theorem", "slth.theory.theorems")
