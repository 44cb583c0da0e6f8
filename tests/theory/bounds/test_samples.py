"""Automatic n: predicted misses against counted ones, the published target, monotonicity, and speed."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import samples, tails
from slth.theory.bounds.sufficient import sufficient_n


def like_trained_weights(rng, count):
    """Many small weights and a few large ones."""
    return np.clip(rng.laplace(0, 0.05, count), -0.55, 0.55)


@pytest.mark.parametrize(("n", "count"), [(8, 20_000), (12, 20_000), (15, 40_000)])
def test_predicted_misses_match_counted_ones(missed_by_products, n, count):
    targets = like_trained_weights(np.random.default_rng(100 + n), count)
    missed = missed_by_products(n, n, targets[np.abs(targets) > 0.01], 0.01)
    expected = samples.expected_misses(targets, 0.01, n)
    assert missed > 5
    assert missed / 1.3 - 3 * math.sqrt(missed) <= expected <= 2 * missed + 3 * math.sqrt(missed)


def test_binned_sum_is_the_sum():
    rng = np.random.default_rng(1)
    targets = rng.uniform(-1.5, 1.5, 3000)
    tolerances = np.exp2(rng.uniform(-12, -3, 3000))
    for n in (6, 12, 20):
        exact = float(np.sum(tails.miss_chance("UU", n, tolerances, targets)))
        assert samples.expected_misses(targets, tolerances, n) == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize(("place", "octave"), [(4.05, 6.05), (4.95, 6.45), (64.05, 12.05), (64.5, 12.25)])
def test_a_weight_counts_at_its_nearest_nodes_most(place, octave):
    target, tolerance = place / tails.STEPS, 2.0**-octave
    exact = float(tails.miss_chance("UU", 24, tolerance, target))
    assert samples.expected_misses(target, tolerance, 24) == pytest.approx(exact, rel=0.02)


def certified(choice: samples.SampleChoice) -> float:
    """Samples that are proved to suffice; infinite where the bits of a source's weights are too few for a proof."""
    return choice.certified_n or math.inf


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(1e-6, 0.5)), min_size=1, max_size=8), st.floats(1e-9, 3.0))
def test_monotone_in_everything(pairs, delta):
    targets, tolerances = np.array(pairs).T
    choice = samples.needed(targets, tolerances, delta)
    assert choice.expected_misses <= delta
    assert choice.n == 1 or samples.expected_misses(targets, tolerances, choice.n - 1) > delta
    open_ = (np.abs(targets) > tolerances).any()
    assert certified(choice) >= choice.n or not open_
    for other in (
        samples.needed(1.3 * targets, tolerances, delta),
        samples.needed(targets, tolerances / 1.5, delta),
        samples.needed(targets, tolerances, delta / 2),
        samples.needed(np.append(targets, 0.7), np.append(tolerances, 0.01), delta),
    ):
        assert other.n >= choice.n
        assert certified(other) >= (0.98 * certified(choice) - 1 if open_ else 0)  # grids differ


def test_a_proof_leaves_room_for_the_bits_of_weights():
    """At a tolerance of 2e-5 some 100 samples, each off by 2^-23, use up more than half of it; at 1e-5 all."""
    fine = samples.needed([0.9], [2e-5], 0.01).certified_n
    assert fine > sufficient_n("UU", 2e-5, 0.01, 0.9).total
    assert sufficient_n("UU", 2e-5 - fine * 2.0**-23, 0.01, 0.9).total <= fine
    assert samples.needed([0.9], [1e-5], 0.01).certified_n == 0


def test_weights_within_their_tolerance_cost_nothing():
    assert samples.expected_misses(np.zeros(5), 0.0, 1) == 0.0
    assert samples.needed(np.zeros((0, 3)), 0.01, 0.01) == samples.SampleChoice(1, 0.0, 0, 0, "hitting law")
    alone = samples.needed([0.4], 0.01, 1e-3)
    assert samples.needed([0.4, 0.0099, -0.01], 0.01, 1e-3) == alone


def test_choice_says_what_it_rests_on():
    assert samples.needed([0.3], 0.01, 0.01).how == "hitting law"
    assert samples.needed(np.full(1000, 0.3), 0.01, 0.01).how == "simulated tail"
    assert len({samples.needed([0.3], 0.01, 0.01, objective=o) for o in samples.OBJECTIVES}) == 1


def test_large_target_counts_are_quick():
    rng = np.random.default_rng(2)
    targets = like_trained_weights(rng, 400_000)
    tolerances = np.exp2(rng.uniform(-16, -6, 400_000))
    tails.table("UU")
    start = time.process_time()
    samples.needed(targets, tolerances, 0.01)
    assert time.process_time() - start < 1.0  # about 0.2 s


def test_published_target(shared, figure):
    """397,000 trained weights, tolerance 0.01, one miss in a hundred networks expected."""
    torch = pytest.importorskip("torch")
    state = torch.load(shared / "targets" / "pensia-fc2.pt", map_location="cpu", weights_only=True)
    weights = np.concatenate([np.asarray(value).ravel() for value in state.values()])
    assert weights.size == 397_000
    choice = samples.needed(weights, 0.01, 0.01)
    halved = samples.needed(weights / 0.5, 0.01 / 0.5, 0.01)
    assert 27 <= choice.n <= 31
    assert 33 <= halved.n <= 37
    both = f"{choice.n} (scale 1), {halved.n} (scale 1/2)"
    figure("automatic n, 397,000 weights at 0.01", f"{both}; certified {choice.certified_n}, {halved.certified_n}")


@pytest.mark.parametrize(
    "call",
    [
        lambda: samples.needed([0.3], 0.01, 0.0),
        lambda: samples.needed([0.3], 0.01, 0.01, objective="best"),
        lambda: samples.needed([0.3], 0.01, 0.01, law="SS"),
        lambda: samples.needed([0.3], 0.0, 0.01),
        lambda: samples.needed([0.3], math.nan, 0.01),
        lambda: samples.needed([math.nan], 0.01, 0.01),
        lambda: samples.needed([1e9], 0.01, 0.01),
        lambda: samples.needed([0.1, 0.2], [0.1, 0.2, 0.3], 0.01),
        lambda: samples.needed([40.0], 1e-9, 1e-300),
        lambda: samples.expected_misses([0.3], 0.01, 0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
