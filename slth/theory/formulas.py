"""Published formulas at given numbers: those of a user, or those of each layer of a target."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slth.core.errors import BadInput
from slth.core.network import Conv, Dense, Network
from slth.theory.bounds.catalogue import Entry
from slth.theory.bounds.vocabulary import checked
from slth.theory.stages import taps_of


@dataclass(frozen=True)
class Value:
    """A formula at some numbers.

    Parameters
    ----------
    entry : Entry
    value : float or None
        None where it could not be evaluated.
    missing : tuple of str
        Parameters that were not given.
    why : str
        What else is in the way.
    """

    entry: Entry
    value: float | None
    missing: tuple[str, ...] = ()
    why: str = ""


def evaluated(entry: Entry, known: Mapping[str, float]) -> Value:
    """A formula with whatever of the known numbers it takes."""
    missing = tuple(name for name in entry.needed if name not in known)
    if missing:
        return Value(entry, None, missing)
    given: dict[str, Any] = {name: known[name] for name in (*entry.needed, *entry.optional) if name in known}
    try:
        return Value(entry, float(entry.rule(**given)))
    except BadInput as error:
        return Value(entry, None, why=str(error))


def first_of(entries: Iterable[Entry], gives: str, known: Mapping[str, Mapping[str, float]]) -> Value | None:
    """The first sufficient formula of order only or printed that gives something and can be evaluated."""
    for entry in entries:
        stated = entry.formula
        if stated.gives == gives and stated.side == "sufficient" and stated.seen != "ours":
            found = evaluated(entry, known[stated.of])
            if found.value is not None:
                return found
    return None


def numbers_of(given: Iterable[str]) -> dict[str, float]:
    """NAME=VALUE pairs as numbers of the vocabulary.

    Raises
    ------
    BadInput
        For anything else.

    >>> numbers_of(["eps=0.01", "d_in=784"])
    {'eps': 0.01, 'd_in': 784.0}
    """
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadInput(f"--set {text!r} is not NAME=VALUE")
        try:
            number = float(value)
        except ValueError:
            raise BadInput(f"--set {text!r}: {value!r} is not a number") from None
        if name.strip() in found:
            raise BadInput(f"--set {text!r}: {name.strip()} is given twice")
        found[name.strip()] = float(checked(name.strip(), number))
    return found


def network_numbers(target: Network) -> dict[str, float]:
    """What formulas ask of a whole target."""
    widths = [side for node in target.affine for side in dense_shape(node)]
    return {"layers": len(target.affine), "parameters": target.size, "width": max(widths)}


def layer_numbers(node: Dense | Conv, number: int) -> dict[str, float]:
    """What formulas ask of one layer, a bias counting as one more input."""
    outputs, inputs = dense_shape(node)
    sides = {
        "weights": float(sum(array.size for _, array in node.tensors())),
        "side": math.sqrt(taps_of(node)),
        "c_in": node.shape[1],
        "c_out": node.shape[0],
    }
    return {"layer": number + 1, "d_in": inputs, "d_out": outputs, **sides}


def dense_shape(node: Dense | Conv) -> tuple[int, int]:
    """Outputs and inputs of a layer as a matrix: a filter is one row, a bias one more input."""
    return node.shape[0], node.shape[1] * taps_of(node) + (node.bias is not None)
