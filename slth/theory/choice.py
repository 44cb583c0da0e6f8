"""What "auto" stands for: the theorem, its options, and the number of samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from slth.core.errors import BadInput
from slth.core.network import Activation, Dense, Flatten, Network
from slth.theory.bounds.samples import SampleChoice
from slth.theory.plan import Request, Say
from slth.theory.stages import arrivals, matrix_of, scale_of
from slth.theory.theorem import Fitted, Theorem, theorems
from slth.theory.tolerances import Tolerances


def chosen_theorem(target: Network, key: str, options: Mapping[str, Any]) -> Theorem:
    """The theorem of that key, or for "auto" the oldest that speaks of the target, with its options set.

    Raises
    ------
    BadInput
        When there is none of that name, it has no such option, or it does not speak of the target.
    """
    key = theorem_for(target) if key == "auto" else key
    rule = with_options(key, theorems.get(key), options)
    rule.check(target)
    return rule


def with_options(key: str, kind: type[Theorem], options: Mapping[str, Any]) -> Theorem:
    """A theorem with some of its options set; text is converted to the type of the option's default.

    Raises
    ------
    BadInput
        When it has no such option, or the value does not fit.
    """
    there: dict[str, Any] = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name not in there:
            known = ", ".join(there) or "none"
            raise BadInput(f"{key} has no option {name!r}; it has: {known}")
        try:
            found[name] = type(there[name])(value)
        except ValueError:
            raise BadInput(f"option {name} of {key} can not be {value!r}") from None
    return kind(**found)


def theorem_for(target: Network) -> str:
    """The theorem that auto takes: the oldest that speaks of the target."""
    if any(isinstance(node, Activation) and node.kind != "relu" for node in target.nodes):
        return "burkholz2022"
    dense = all(isinstance(node, (Dense, Activation, Flatten)) for node in target.nodes)
    return "pensia2020" if dense and target.is_sequence else "dacunha2022"


def choose_samples(
    rule: Theorem, target: Network, request: Request, wanted: Tolerances, say: Say
) -> tuple[Theorem, SampleChoice]:
    """The theorem with what it chose, and the smallest n: for the whole target, or for each layer."""
    if isinstance(rule, Fitted):
        rule, choice = rule.fitted(target, request, wanted.layers)
    else:
        choice = _common_samples(rule, target, request, wanted)
    misses = "" if math.isnan(choice.expected_misses) else f"; {choice.expected_misses:.2g} misses expected"
    say(f"samples: n = {choice.n} ({choice.how}{misses})")
    return rule, choice


def _common_samples(rule: Theorem, target: Network, request: Request, wanted: Tolerances) -> SampleChoice:
    """The smallest n for all layers, every weight and tolerance in units of its layer's scale."""
    weights, tolerances = [], []
    for node, layer, arrival in zip(target.affine, wanted.layers, arrivals(target, request), strict=True):
        scale = scale_of(node, request.law_or(rule.law))
        twice = 2 if arrival.signed else 1
        weights += [matrix_of(node).ravel() / scale] * twice
        tolerances += [layer.ravel() / scale] * twice
    product = 2 * request.law_or(rule.law).symbol
    return rule.samples(np.concatenate(weights), np.concatenate(tolerances), request.delta, product)
