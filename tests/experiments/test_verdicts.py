"""Verdicts: a true bound is left standing whatever the noise, a false one falls, and theory's own thresholds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.experiments.measure import Said
from slth.experiments.units import Tally
from slth.experiments.verdicts import FARTHEST, _said, expected_value, holds


def tally(values) -> Tally:
    values = np.asarray(values, float)
    return Tally(len(values), 0, values)


@given(st.integers(0, 2000), st.integers(1, 2000), st.floats(0, 1))
def test_models_always_stand(hits, more, value):
    assert holds(Said("x", "model", value), Tally(hits + more, hits))
    assert holds(Said("x", "model", value, "mean"), tally(np.ones(more)))


@pytest.mark.parametrize(
    ("side", "value", "hits", "runs", "stands"),
    [
        ("at most", 0.5, 500, 1000, True),
        ("at most", 0.5, 560, 1000, True),  # 3.8 standard errors: noise, once in ten thousand
        ("at most", 0.5, 600, 1000, False),
        ("at most", 0.5, 0, 1000, True),
        ("at least", 0.5, 440, 1000, True),
        ("at least", 0.5, 400, 1000, False),
        ("at least", 0.5, 1000, 1000, True),
        ("at least", 0.99, 0, 1, True),  # one run refutes little
        ("at least", 0.999999, 9, 10, True),
        ("at least", 0.999999, 0, 10, False),
        ("at most", 0.0, 1, 1000, False),
        ("at least", 1.0, 999, 1000, False),
        ("at most", 1.0, 1000, 1000, True),
        ("at least", 0.0, 0, 1000, True),
        ("at least", -3.0, 0, 1000, True),
    ],
)
def test_chances(side, value, hits, runs, stands):
    assert holds(Said("x", side, value), Tally(runs, hits)) is stands


@given(st.integers(1, 400), st.floats(0.001, 0.999), st.integers(0, 2**32))
def test_true_bounds_of_chances_stand(runs, chance, seed):
    """40 draws, each with a one in a million chance to fail."""
    hits = int(np.random.default_rng(seed).binomial(runs, chance))
    assert holds(Said("x", "at most", chance), Tally(runs, hits))
    assert holds(Said("x", "at least", chance), Tally(runs, hits))


@given(st.integers(1, 300), st.sampled_from(["exponential", "uniform", "normal"]), st.integers(0, 2**32))
def test_true_bounds_of_means_and_quantiles_stand(runs, law, seed):
    mean, median = {"exponential": (1, math.log(2)), "uniform": (0.5, 0.5), "normal": (0, 0)}[law]
    values = tally(getattr(np.random.default_rng(seed), law)(size=runs))
    for side in ("at most", "at least"):
        assert holds(Said("x", side, mean, "mean"), values)
        assert holds(Said("x", side, median, "50 %"), values)


def test_false_bounds_of_means_and_quantiles_fall():
    values = tally(np.random.default_rng(0).exponential(size=5000))
    for statistic, value in (("mean", 1.0), ("50 %", math.log(2)), ("90 %", math.log(10)), ("99 %", math.log(100))):
        assert not holds(Said("x", "at most", 0.7 * value, statistic), values)
        assert not holds(Said("x", "at least", 1.4 * value, statistic), values)
        assert holds(Said("x", "at least", 0.7 * value, statistic), values)
        assert holds(Said("x", "at most", 1.4 * value, statistic), values)


def test_few_or_equal_values():
    assert holds(Said("x", "at most", 0.1, "mean"), tally([5.0])), "a single run refutes no mean"
    assert holds(Said("x", "at most", 3.0, "mean"), tally([3.0 * (1 + 1e-12)] * 9)), "rounding is no refutation"
    assert not holds(Said("x", "at most", 2.9, "mean"), tally([3.0] * 9))
    assert not holds(Said("x", "at least", 3.1, "mean"), tally([3.0] * 9))
    assert holds(Said("x", "at most", 0.1, "mean"), Tally(9, 3)), "there are no values"
    assert holds(Said("x", "at most", -1.0, "mean"), tally([0.0, 5.0]))


def expected(chance, values, heads=0.5, **more):
    return expected_value("coin", {"heads": heads, **more}, "n", values, "exact", chance)


@given(st.floats(0.01, 0.9), st.floats(0.01, 0.999))
def test_theory_names_the_first_value_that_suffices(heads, chance):
    from coins import Coin

    from slth.experiments.measure import measures

    measures.names()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(measures._classes, "coin", Coin)
        found = expected(chance, tuple(range(1, 31)), heads)
        exact = next((n for n in range(1, 1001) if 1 - (1 - heads) ** n >= chance), None)
        assert found == exact, "followed beyond the values that are searched"


def test_where_the_theory_ends(coin, monkeypatch):
    values = tuple(range(1, 61))
    assert expected(1 - 2.0**-50, values) == 50
    assert expected(1 - 2.0**-50, (10, 20, 60)) == 60
    assert expected(0.75, (4, 8)) == 4
    _said.cache_clear()
    monkeypatch.setattr(coin, "said", lambda self: (Said("exact", "at most", self.n / 100),) if self.n <= 40 else ())
    assert expected(0.3, values) == 30
    assert expected(0.4, values) == 40
    assert expected(0.45, values) is None, "silent from 41 on"
    assert expected(0.3, (50, 60)) is None
    assert expected_value("coin", {}, "n", values, "another", 0.3) is None
    _said.cache_clear()
    monkeypatch.setattr(coin, "said", lambda self: (Said("exact", "model", self.n / 10**9),))
    assert expected(0.5, values) is None, f"more than {FARTHEST}"


@pytest.mark.parametrize("values", [(-5, -3), (-1, 0), (0,), (5,), (10, 900)])
def test_following_integers_ends_where_the_measure_does(coin, monkeypatch, values):
    """Parameters below zero, and a measure that refuses larger ones: neither an endless loop nor an error."""
    monkeypatch.setattr(coin, "__post_init__", lambda self: None)
    monkeypatch.setattr(coin, "said", lambda self: (Said("exact", "model", float(self.n >= 300)),))
    assert expected(0.5, values) == (900 if values[-1] == 900 else 300)

    def narrow(self):
        from slth.core.errors import BadInput

        if self.n > 200 and self.n != 900:
            raise BadInput("too large")

    monkeypatch.setattr(coin, "__post_init__", narrow)
    assert expected(0.5, values) == (900 if values[-1] == 900 else None)
