"""The catalogue of published bounds: every formula with what it gives, and how sure we are of it.

A function in `papers/<key>.py` carries its formula, its source and its assumptions in a decorator, which also checks
arguments against the vocabulary and turns them into arrays: they broadcast, and so does the result (float64). Natural
logarithms, but where a formula says log2. Papers write C or O(.) for constants that they do not give: here those are
parameters, 1 by default, and what comes out is of the right order only.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.theory.bounds.vocabulary import checked

Floats = NDArray[np.float64]
Numbers = float | Floats
Rules = tuple[Callable[..., Floats], ...]
P = ParamSpec("P")

PACKAGE = "slth.theory.bounds.papers"
GIVES = {
    "samples": "samples of one subset sum",
    "units": "hidden units (or filters) of the random network for one layer of the target",
    "filters": "filters that serve one input channel, of one sign",
    "layers": "layers of the random network",
    "parameters": "parameters of the random network",
    "ratio": "parameters of the random network over those of the target",
    "tolerance": "error that one weight may have",
    "chance": "chance of failure",
}
OF = {
    "sum": "one subset sum: eps and delta are those of one weight, in units of the samples' law",
    "layer": "one layer: eps is the error of its output",
    "network": "a whole network: eps is the error of its output",
}
SIDES = ("sufficient", "necessary")
SURE = {
    "constant printed": "the paper gives every constant",
    "constant ours, certified": "every constant is explicit and proved, by us",
    "order only": "a constant is missing and taken as 1: no number of anything that is proved to suffice",
}
SEEN = {
    "text": "read in a full text, of the paper or of one that restates it",
    "summary": "read in the abstract or a public summary",
    "memory": "recalled, not read again",
    "ours": "in no paper",
}


@dataclass(frozen=True)
class Formula:
    """What is known of a bound.

    Parameters
    ----------
    text : str
        The formula, in the names of the vocabulary.
    gives : str
        A key of GIVES.
    of : str
        A key of OF: whose error eps is.
    side : "sufficient" or "necessary"
        Whether so much is enough, or less is not.
    sure : str
        A key of SURE.
    seen : str
        A key of SEEN: how we know the statement.
    printed : str
        Where it stands in the paper.
    assumes : str
        In one line.
    """

    text: str
    gives: str
    of: str
    side: str
    sure: str
    seen: str
    printed: str
    assumes: str

    def __post_init__(self) -> None:
        for name, known in (("gives", GIVES), ("of", OF), ("side", SIDES), ("sure", SURE), ("seen", SEEN)):
            if getattr(self, name) not in known:
                raise BadInput(f"{name} {getattr(self, name)!r} is none of {', '.join(known)}")

    @property
    def source(self) -> str:
        """Where it is printed, and how we know it, in a few words."""
        how = {"text": "{}", "summary": "{} (from a summary)", "memory": "{} (from memory)", "ours": "ours; {}"}
        return how[self.seen].format(self.printed)


class Entry(NamedTuple):
    """One formula of the catalogue: the paper's key, the function, and what is known of it."""

    key: str
    rule: Callable[..., Floats]
    formula: Formula

    @property
    def name(self) -> str:
        """The function's name."""
        return self.rule.__name__

    @property
    def needed(self) -> tuple[str, ...]:
        """Parameters that must be given."""
        found = inspect.signature(self.rule).parameters.values()
        return tuple(each.name for each in found if each.default is each.empty)

    @property
    def optional(self) -> dict[str, float]:
        """Parameters with defaults."""
        found = inspect.signature(self.rule).parameters.values()
        return {each.name: each.default for each in found if each.default is not each.empty}


_stated: dict[tuple[str, str], Formula] = {}


def formula(
    text: str, *, gives: str, of: str, side: str, sure: str, seen: str, printed: str, assumes: str
) -> Callable[[Callable[P, Numbers]], Callable[P, Floats]]:
    """Decorator of a published bound; the arguments are those of `Formula`.

    The decorated function raises BadInput for arguments outside the vocabulary's ranges. Results beyond float64 are
    infinite.
    """
    stated = Formula(text, gives, of, side, sure, seen, printed, assumes)

    def attach(rule: Callable[P, Numbers]) -> Callable[P, Floats]:
        signature = inspect.signature(rule)

        @functools.wraps(rule)
        def vectorised(*given: P.args, **named: P.kwargs) -> Floats:
            bound = signature.bind(*given, **named)
            bound.apply_defaults()
            arrays: dict[str, Any] = {name: checked(name, value) for name, value in bound.arguments.items()}
            with np.errstate(over="ignore"):
                return np.asarray(rule(**arrays), np.float64)  # type: ignore[call-arg]

        vectorised.__doc__ = _documented(rule.__doc__, stated)
        _stated[rule.__module__, rule.__name__] = stated
        return vectorised

    return attach


def _documented(text: str | None, stated: Formula) -> str:
    """A docstring with everything that the decorator says."""
    lines = (
        f"Gives: {GIVES[stated.gives]}, {stated.side}; {stated.sure}.",
        f"Speaks of {OF[stated.of]}.",
        f"Formula: {stated.text}.",
        f"Assumes: {stated.assumes}.",
        f"Source: {stated.source}.",
        "Raises BadInput for arguments out of range.",
    )
    return "\n\n".join([inspect.cleandoc(text or ""), *lines])


def catalogue(key: str | None = None) -> Iterator[Entry]:
    """Every formula, paper after paper in the order of their keys, as it stands in the paper's file; or one paper's.

    Raises
    ------
    BadInput
        When there is no paper of that key.

    >>> [entry.name for entry in catalogue("sreenivasan2022")]
    ['required_depth', 'required_width']
    """
    if key is not None and key not in papers():
        raise BadInput(f"no paper is called {key!r}; there are: {', '.join(papers())}")
    for name in papers() if key is None else (key,):
        module = importlib.import_module(f"{PACKAGE}.{name}")
        for rule in vars(module).values():
            stated = _stated.get((getattr(rule, "__module__", ""), getattr(rule, "__name__", "")))
            if stated is not None and rule.__module__ == module.__name__:
                yield Entry(name, rule, stated)


def rules(key: str) -> Rules:
    """The formulas of one paper.

    Raises
    ------
    BadInput
        When there is no paper of that key.

    >>> [rule.__name__ for rule in rules("ferre2026")]
    ['required_width', 'lower_bound']
    """
    return tuple(entry.rule for entry in catalogue(key))


@functools.cache
def papers() -> tuple[str, ...]:
    """Keys of all papers, sorted."""
    folder = importlib.import_module(PACKAGE)
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folder.__path__)))
