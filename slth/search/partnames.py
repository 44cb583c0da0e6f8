"""Parts by name, for who puts a recipe together in words: `threshold:0.5`, `2:4`, `block:9`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from slth.core.errors import BadInput
from slth.search.parts.events import Prune, Redraw
from slth.search.parts.gradients import Kept, Straight
from slth.search.parts.penalties import Magnitudes, Squares, Undecided
from slth.search.parts.rules import Bernoulli, Global, Layerwise, OfEvery, Signs, Threshold
from slth.search.parts.schedules import Annealed, Constant, Cubic, Geometric
from slth.search.parts.scores import Absolute, Clamped, Sigmoid, Signed
from slth.search.parts.starts import Fan, Interval
from slth.search.parts.units import Block, Filter, Weight
from slth.search.parts.values import Binary, Random

PARTS: dict[str, dict[str, type]] = {
    "start": {"fan": Fan, "interval": Interval},
    "score": {"absolute": Absolute, "signed": Signed, "sigmoid": Sigmoid, "clamped": Clamped},
    "unit": {"weight": Weight, "filter": Filter, "block": Block},
    "rule": {
        "layer": Layerwise,
        "network": Global,
        "threshold": Threshold,
        "bernoulli": Bernoulli,
        "signs": Signs,
        "of": OfEvery,
    },
    "value": {"random": Random, "binary": Binary},
    "gradient": {"straight": Straight, "kept": Kept},
    "schedule": {"constant": Constant, "cubic": Cubic, "geometric": Geometric, "annealed": Annealed},
    "redraw": {"every": Redraw},
    "prune": {"every": Prune},
    "penalty": {"squares": Squares, "magnitudes": Magnitudes, "undecided": Undecided},
}


def part(question: str, text: str) -> Any:
    """The part that answers a question of `Recipe`, by its name and, after colons, its numbers.

    Raises
    ------
    BadInput
        For a name or a number that does not fit; the message lists what there is.
    """
    name, *numbers = text.split(":")
    known = PARTS[question]
    if name not in known:
        raise BadInput(f"{question} {text!r} is none of {', '.join(_written(key, cls) for key, cls in known.items())}")
    cls: Any = known[name]
    wanted = fields(cls)
    if len(numbers) > len(wanted):
        raise BadInput(f"{question} {text!r} has more numbers than {_written(name, cls)}")
    given = {}
    for field, number in zip(wanted, numbers, strict=False):
        try:
            kind: Any = type(field.default)
            given[field.name] = {"True": True, "False": False}[number] if kind is bool else kind(number)
        except (KeyError, TypeError, ValueError):
            raise BadInput(f"{question} {text!r}: {field.name} can not be {number!r}") from None
    return cls(**given)


def _written(name: str, cls: Any) -> str:
    """A name with its defaults: threshold:0.5."""
    return ":".join([name, *(str(field.default) for field in fields(cls))])
