"""How far uniform samples reach: the closed form against simulation and against counting."""

from __future__ import annotations

import numpy as np
import pytest

from slth.core.errors import BadInput
from slth.theory.bounds.reach import out_of_reach


@pytest.mark.parametrize("n", [1, 3, 12, 30])
def test_it_is_the_share_of_simulated_samples(n):
    rng, runs = np.random.default_rng(n), 200_000
    reached = np.maximum(rng.uniform(-1, 1, (runs, n)), 0).sum(axis=1)
    targets = np.array([0.1, 0.5, 1.0, 2.5, 4.0, 7.0])
    found = out_of_reach(n, targets)
    simulated = (reached[:, None] < targets).mean(axis=0)
    assert (np.abs(found - simulated) <= 5 * np.sqrt(found * (1 - found) / runs) + 1e-5).all()


def test_no_target_is_out_of_reach_at_zero_and_every_one_beyond_n():
    assert out_of_reach(8, [0.0, 8.0, -8.0, 9.0, 20.0]).tolist() == [0.0, 1.0, 1.0, 1.0, 1.0]
    assert out_of_reach(1, 0.25) == pytest.approx(0.5 + 0.5 * 0.25)


def test_more_samples_reach_farther_and_larger_targets_are_harder():
    targets = np.linspace(0.05, 12, 40)
    table = np.array([out_of_reach(n, targets) for n in range(1, 65)])
    assert (np.diff(table, axis=0) <= 1e-12).all()
    assert (np.diff(table, axis=1) >= -1e-12).all()
    assert ((table >= 0) & (table <= 1 + 1e-12)).all()


@pytest.mark.parametrize("n", [0, 65])
def test_what_it_does_not_know_is_refused(n):
    with pytest.raises(BadInput, match="1 to 64"):
        out_of_reach(n, 1.0)
