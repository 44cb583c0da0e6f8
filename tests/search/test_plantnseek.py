"""The three tasks of Plant 'n' Seek: what the targets are, and that they are solved in networks as they were drawn."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import plantnseek

from slth.search.planted import planted
from slth.theory.build import approximate
from slth.theory.plan import Request


def exact(name: str, x: np.ndarray) -> np.ndarray:
    if name == "relu":
        return np.maximum(x, 0)
    if name == "circle":
        return (x**2).sum(axis=1, keepdims=True)
    angle = (5 + 3 * x[:, 0]) * math.pi
    return np.stack([angle * np.cos(angle), angle * np.sin(angle), angle], axis=1) / (8 * math.pi)


@pytest.mark.parametrize("name, sides, most", [("relu", 1, 0.0), ("circle", 2, 0.01), ("helix", 1, 0.05)])
def test_the_tasks(name, sides, most):
    target = getattr(plantnseek, name)()
    x = np.random.default_rng(0).uniform(-1, 1, (2000, sides))
    assert np.abs(target(x) - exact(name, x)).max() <= most
    data = plantnseek.inputs(target)
    seen = plantnseek.STEPS(data.train.images)
    assert seen.min() >= -1 and seen.max() <= 1 and len(data.classes) == target.shapes[-1][0]
    solved = approximate(target, Request(objective="fewest", weight_error=1e-4, seed=1, threads=1), "pensia2020").ticket
    assert not solved.missed
    ticket = planted(solved, target, data)
    assert plantnseek.off(ticket, target, data) < 3e-3
    assert ticket.source is solved.source and ticket.mask.density < 0.2
