"""A table of bounds for one target: what `standing` finds and the command line shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slth.theory.formulas import Value
from slth.theory.measuring import Measured
from slth.theory.plan import Request


@dataclass(frozen=True)
class Line:
    """One layer of the target.

    Parameters
    ----------
    shape : str
    weights : int
    tolerance : float
        Of each weight.
    samples : mapping of str to float or None
        By column; None where there is no such bound.
    units : mapping of str to float or None
        Hidden units of the random network that so many samples make.
    measured : Measured or None
        None where it was not asked for.
    """

    shape: str
    weights: int
    tolerance: float
    samples: Mapping[str, float | None]
    units: Mapping[str, float | None]
    measured: Measured | None


@dataclass(frozen=True)
class Standing:
    """The table.

    Parameters
    ----------
    key : str
        Of the theorem whose formulas were taken.
    built : str
        Of the construction behind all other columns: the same where it has one.
    request : Request
        With the law that was taken.
    eps : float
        Of the network's output: asked for, or what the tolerances promise.
    lines : tuple of Line
    formulas : tuple of tuples of Value
        Every formula of the paper, layer by layer.
    notes : tuple of str
    """

    key: str
    built: str
    request: Request
    eps: float
    lines: tuple[Line, ...]
    formulas: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...]

    def samples(self, column: str) -> float | None:
        """Of a whole ticket: the most of any layer, None where one is not known."""
        found = [line.samples.get(column) for line in self.lines]
        return None if any(n is None for n in found) else max(n for n in found if n is not None)

    def units(self, column: str) -> float | None:
        """Of a whole ticket whose layers each have what they need."""
        found = [line.units.get(column) for line in self.lines]
        return None if any(n is None for n in found) else sum(n for n in found if n is not None)
