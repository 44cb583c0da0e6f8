"""Rows recomputed by hand, verdicts, the order of columns, and tables that are read as they were written."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from coins import Coin
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slth.core.errors import BadFile
from slth.experiments.draws import Draws
from slth.experiments.executors.serial import Serial
from slth.experiments.run import run
from slth.experiments.sweep import Find, Sweep
from slth.experiments.table import BEYOND, Table, read_table
from slth.version import version

PROMISES = [("at least", 0.2, True), ("at least", 0.9, False), ("at most", 0.9, True), ("at most", 0.2, False)]


def test_a_measured_row_by_hand(coin, tmp_path):
    sweep = Sweep("coin", {"n": (3,), "heads": (0.2,)}, repeats=300, seed=9, confidence=0.9)
    (row,) = run(sweep, tmp_path, Serial()).rows
    throws = np.concatenate([Draws(9, at, 1).words(3) for at in range(300)]) / 2**32 < 0.2
    hits, heads = int(throws.any(1).sum()), throws.sum(1).astype(float)
    ends = stats.binomtest(hits, 300).proportion_ci(0.9, method="exact")
    assert row["runs"] == 300
    assert row["hits"] == hits
    assert row["chance"] == hits / 300
    assert (row["chance low"], row["chance high"]) == pytest.approx((ends.low, ends.high), rel=1e-9)
    assert row["mean"] == pytest.approx(heads.mean(), rel=1e-12)
    ordered = np.sort(heads)
    for name, chance in (("10 %", 0.1), ("50 %", 0.5), ("90 %", 0.9), ("99 %", 0.99)):
        assert row[name] == ordered[math.ceil(chance * 300 - 1e-9) - 1]
        assert row[f"{name} low"] <= row[name] <= row[f"{name} high"]
        below = int(stats.binom.ppf(0.05, 300, chance))  # the largest rank with P(so few below) > 5 %
        assert row[f"{name} low"] in (ordered[below], ordered[max(0, below - 1)])
    assert row["exact"] == pytest.approx(1 - 0.8**3)
    assert row["throws"] == 3
    assert (row["verdict"], row["seed"], row["slth"]) == ("holds", 9, version())


def test_columns_are_in_order(coin, tmp_path):
    sweep = Sweep("coin", {"heads": (0.2, 0.4), "n": (3,), "promise": (0.1,), "side": ("at least",)}, repeats=50)
    table = run(sweep, tmp_path, Serial())
    quantiles = [f"{at} %{end}" for at in (10, 50, 90, 99) for end in (" low", "", " high")]
    assert table.columns == [
        *("measure", "heads", "n", "promise", "side", "runs", "hits", "chance", "chance low", "chance high", "mean"),
        *quantiles,
        *("exact", "pledge", "throws", "verdict", "seed", "slth"),
    ]
    mixed = Table(({"a": 1, "verdict": "holds", "slth": "1"}, {"b": 2, "seed": 3, "verdict": "holds", "slth": "1"}))
    assert mixed.columns == ["a", "b", "verdict", "seed", "slth"]
    assert mixed.csv() == "a,b,verdict,seed,slth\n1,,holds,,1\n,2,holds,3,1\n"


@pytest.mark.parametrize(("side", "promise", "stands"), PROMISES)
def test_a_broken_promise_is_said(coin, tmp_path, side, promise, stands):
    cell = {"n": (1,), "heads": (0.5,), "promise": (promise,), "side": (side,)}
    table = run(Sweep("coin", cell, repeats=400), tmp_path, Serial())
    (row,) = table.rows
    assert row["verdict"] == ("holds" if stands else "VIOLATED: pledge")
    assert table.violated == ([] if stands else [row])


@pytest.mark.parametrize(
    ("statistic", "promise", "stands"), [("mean", 2.0, True), ("mean", 1.5, False), ("50 %", 1.0, False)]
)
def test_promises_of_values_too(coin, tmp_path, statistic, promise, stands):
    cell = {"n": (4,), "promise": (promise,), "side": ("at most",), "statistic": (statistic,)}
    (row,) = run(Sweep("coin", cell, repeats=400), tmp_path, Serial()).rows
    assert row[f"{statistic}: pledge"] == promise
    assert row["verdict"] == ("holds" if stands else "VIOLATED: pledge")


@pytest.mark.parametrize(("side", "promise", "stands"), PROMISES)
def test_searches_hold_every_measured_place_against_the_promise(coin, tmp_path, side, promise, stands):
    """heads = 0.5: n = 1 succeeds with 1/2, n = 4 with 15/16; "at most 0.9" is true at n = 1 alone."""
    cell = {"heads": (0.5,), "promise": (promise,), "side": (side,)}
    sweep = Sweep("coin", cell, repeats=600, find=Find("n", (1,), (0.3,)))
    (row,) = run(sweep, tmp_path, Serial()).rows
    assert row["verdict"] == ("holds" if stands else "VIOLATED: pledge")
    assert row["n: pledge"] == (1 if promise >= 0.3 else BEYOND)
    wide = Sweep("coin", {**cell}, repeats=600, find=Find("n", tuple(range(1, 9)), (0.97,)))
    verdict = run(wide, tmp_path, Serial()).rows[0]["verdict"]
    assert verdict == ("holds" if (side, promise) == ("at least", 0.2) else "VIOLATED: pledge") or promise == 0.9


def test_theory_that_falls_silent_breaks_nothing(coin, tmp_path, monkeypatch):
    """A bound that is only worked out for few n says nothing of more, whatever is found there."""
    from slth.experiments.measure import Said

    known = lambda self: (Said("few", "at most", 1 - 0.7**self.n),) if self.n <= 3 else ()  # noqa: E731
    monkeypatch.setattr(Coin, "said", known)
    sweep = Sweep("coin", {"heads": (0.3,)}, repeats=400, find=Find("n", tuple(range(1, 31)), (0.5, 0.95)))
    rows = run(sweep, tmp_path, Serial()).rows
    assert [row["verdict"] for row in rows] == ["holds", "holds"]
    assert [row["n: few"] for row in rows] == [2, BEYOND]


def test_noise_alone_is_no_violation(coin, tmp_path):
    """True promises that are exact, 120 searches of 60 runs: at the 95 % of their bands some would fall."""
    verdicts = []
    for seed in range(40):
        cell = {"heads": (0.5,), "promise": (0.5,), "side": ("at most", "at least")}
        sweep = Sweep("coin", cell, repeats=60, seed=seed, find=Find("n", (1,), (0.5,)))
        verdicts += [row["verdict"] for row in run(sweep, tmp_path, Serial()).rows]
    assert set(verdicts) == {"holds"}


def test_a_found_row_has_the_facts_of_what_was_found(coin, tmp_path):
    sweep = Sweep("coin", {"heads": (0.4, 1e-6)}, repeats=500, find=Find("n", tuple(range(1, 21)), (0.5,)))
    found, beyond = run(sweep, tmp_path, Serial()).rows
    assert found["throws"] == found["n"] == 2
    assert (beyond["n"], beyond["n low"], beyond["n high"]) == (BEYOND,) * 3
    assert "throws" not in beyond
    assert beyond["n: exact"] == BEYOND
    assert (found["runs"], found["wanted chance"]) == (500, 0.5)


PLAIN = st.one_of(
    st.integers(-(1 << 300), 1 << 300),
    st.floats(allow_nan=False),
    st.booleans(),
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1).map(lambda text: f"t{text}"),
)
NAMES = st.sampled_from(["a", "b, c", 'd "e"', "line\nbreak", "verdict", "seed", "slth", "50 %"])


@given(st.lists(st.dictionaries(NAMES, PLAIN, min_size=1), min_size=1, max_size=5))
def test_tables_are_read_as_they_were_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    table = Table(tuple(rows))
    table.write(path)
    again = read_table(path)
    assert again == table
    assert [list(map(type, row.values())) for row in again.rows] == [
        [type(row[name]) for name in table.columns if name in row] for row in table.rows
    ]
    again.write(path)
    assert read_table(path) == table


def test_a_real_table_comes_back(coin, tmp_path):
    cell = {"heads": (0.2,), "n": (1, 5), "side": ("at least", "")}
    table = run(Sweep("coin", cell, repeats=7, seed=1 << 200), tmp_path / "u", Serial())
    table.write(tmp_path / "t.csv")
    again = read_table(tmp_path / "t.csv")
    assert again.csv() == table.csv()
    json.dumps([dict(row) for row in again.rows])


@pytest.mark.parametrize("text", ['a,b\n"1,2\n', "a,b\n1\n", "a,b\n1,2,3\n", b"a\n\xff\n", "", "\n"])
def test_what_is_no_table_is_refused_and_named(tmp_path, text):
    path = tmp_path / "bad.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadFile, match=r"bad\.csv"):
        read_table(path)
