"""What a theorem plug-in is: a citation, a statement in our words, formulas, and perhaps a plan for a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol, cast, runtime_checkable

from slth.core.errors import BadInput
from slth.core.network import Floats, Network
from slth.core.registry import Registry
from slth.theory.bounds.catalogue import Rules
from slth.theory.bounds.samples import SampleChoice
from slth.theory.plan import Plan, Request


class Statement(Protocol):
    """One published theorem in words and formulas; its file in `theory/theorems` is everything slth knows of it.

    Attributes
    ----------
    key : str
        `<firstauthor><year>`, as on the command line.
    title, citation : str
        The paper's title; a BibTeX entry.
    statement : str
        The theorem in our words, with what we could not re-read marked as such.
    bounds : tuple of functions
        The paper's formulas (`bounds.catalogue`).
    """

    key: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    statement: ClassVar[str]
    bounds: ClassVar[Rules]


class Theorem(Statement, Protocol):
    """A theorem with a construction: a plan for a source and its gadgets.

    Attributes
    ----------
    law : str
        The law of the source's weights where the user asks for none.
    """

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


statements: Registry[Statement] = Registry("theorem", "slth.theory.theorems")


class Constructions:
    """The registered theorems that come with a plan, so that tickets can be built by them."""

    def names(self) -> list[str]:
        """Their keys, sorted."""
        return [name for name, _ in self]

    def get(self, name: str) -> type[Theorem]:
        """The theorem behind a key.

        Raises
        ------
        BadInput
            When there is no such theorem, or only its bounds are known here.
        """
        found = dict(iter(self))
        if name in found:
            return found[name]
        if name in statements.names():
            raise BadInput(
                f"{name} has bounds and no construction: see slth bound --theorem {name}, or build with one "
                f"of {', '.join(found)}"
            )
        raise BadInput(f"no theorem is called {name!r}; there are: {', '.join(found)}")

    def __iter__(self) -> Iterator[tuple[str, type[Theorem]]]:
        for name, kind in statements:
            if hasattr(kind, "plan"):
                yield name, cast("type[Theorem]", kind)


theorems = Constructions()
