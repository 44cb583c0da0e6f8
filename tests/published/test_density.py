"""Samples for subsets of a fixed size: the benchmark's points lie on the order of Natale et al. (2024)."""

from __future__ import annotations

import numpy as np
import pytest


def test_measured_points_lie_on_the_curve(program, figure, monkeypatch):
    density = program("benchmarks", "density")
    monkeypatch.setattr(density, "ACCURACIES", (1e-2, 1e-3))
    points = density.measure(200, 0)
    constant, off = density.fitted(points, 0.5)
    half = [point for point in points if point["chance"] == 0.5 and point["k"] > 1]
    assert len(half) >= 15
    assert min(point["share"] for point in half) < 0.06
    assert off <= 0.15
    assert all(point["n"] >= density.first_moment(point["k"], point["eps"]) - 1 for point in half)
    figure("Natale et al. (2024), n H2(k/n) / log2(k/eps) at 50 %", f"{constant:.2f}, points within {100 * off:.0f} %")


def test_one_sample_in_closed_form(program):
    density = program("benchmarks", "density")
    rng = np.random.default_rng(0)
    n = density.one_of_many(0.02, 0.5)
    near = np.abs(rng.uniform(-1, 1, (4000, n)) - 0.5) <= 0.02
    assert near.any(axis=1).mean() == pytest.approx(0.5, abs=0.04)
