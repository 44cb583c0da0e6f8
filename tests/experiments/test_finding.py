"""Searches against a linear scan, that they end whatever is measured, and how often their band holds the truth."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slth.experiments.chances import clopper_pearson
from slth.experiments.finding import Found, next_place
from slth.experiments.units import Tally

CHANCES = st.sampled_from([0.01, 0.1, 0.5, 0.9, 0.95, 0.99])


@st.composite
def tables(draw, rising: bool):
    """Runs, and how many of them succeed at each place."""
    runs = draw(st.sampled_from([1, 2, 10, 100, 1000]))
    hits = draw(st.lists(st.integers(0, runs), min_size=1, max_size=60))
    return runs, sorted(hits) if rising else hits


def searched(runs: int, hits: list[int], chance: float, hint: int = 0, confidence: float = 0.95):
    """What is found, and the places asked for in their order."""
    known: dict[int, Tally] = {}
    asked: list[int] = []
    while True:
        answer = next_place(known, len(hits), chance, hint, confidence)
        if isinstance(answer, Found):
            return answer, asked
        assert answer not in known, "a known place is asked for again"
        assert 0 <= answer < len(hits)
        asked.append(answer)
        known[answer] = Tally(runs, hits[answer])


def scanned(runs: int, hits: list[int], chance: float) -> Found:
    """The same by looking at every place."""
    ends = [clopper_pearson(h, runs) for h in hits]

    def first(good: list[bool]) -> int:
        return good.index(True) if True in good else len(hits)

    place = first([h / runs >= chance for h in hits])
    return Found(place, first([high >= chance for _, high in ends]), first([low >= chance for low, _ in ends]))


@given(tables(rising=True), CHANCES, st.integers(-3, 70))
def test_a_search_finds_what_a_scan_finds(table, chance, hint):
    found, asked = searched(*table, chance, hint)
    assert found == scanned(*table, chance)
    assert found.low <= found.place <= found.high
    size = len(table[1])
    assert len(asked) <= 6 * math.ceil(math.log2(size + 1)) + 3


@given(tables(rising=False), CHANCES, st.integers(-3, 70))
def test_noise_ends_too(table, chance, hint):
    found, asked = searched(*table, chance, hint)
    assert len(asked) == len(set(asked)) <= len(table[1])
    assert 0 <= found.low <= found.place <= found.high <= len(table[1])


@given(st.integers(1, 60), st.integers(0, 59), st.integers(0, 59))
def test_a_good_hint_is_where_it_begins_and_saves_steps(size, truth, off):
    hits = [0 if place < truth else 1000 for place in range(size)]
    hint = min(truth, size - 1)
    found, asked = searched(1000, hits, 0.5, hint)
    assert asked[0] == hint
    assert len(asked) <= 2
    assert found.place == min(truth, size)
    farther = searched(1000, hits, 0.5, off)[1]
    assert len(farther) <= 2 * math.ceil(math.log2(abs(min(off, size - 1) - hint) + 1)) + 3


def test_searches_of_a_cell_share_their_measurements():
    """The second wanted chance asks for nothing that the first has measured."""
    hits = [min(100, max(0, 12 * place - 60)) for place in range(20)]
    known: dict[int, Tally] = {}
    asked = []
    for chance in (0.5, 0.95):
        while isinstance(answer := next_place(known, 20, chance), int):
            asked.append(answer)
            known[answer] = Tally(100, hits[answer])
    assert len(asked) == len(set(asked))


def test_so_few_runs_prove_nothing():
    found, asked = searched(10, [10] * 5, 0.99)
    assert (found.place, found.low, found.high) == (0, 0, 5)
    assert asked == [0], "places were measured that could not prove the wanted chance either"


def test_the_band_holds_the_truth_at_the_stated_rate(figure):
    """Nested instances, each with its own threshold: 1,200 searches, each end missed at most (1 - confidence)/2."""
    rng = np.random.default_rng(1)
    size, runs, searches, confidence = 40, 60, 1200, 0.9
    reached = 1 / (1 + np.exp(-(np.arange(size) - 17.3) / 3))  # the chance at each place
    above = below = 0
    for number in range(searches):
        chance = (0.2, 0.5, 0.85)[number % 3]
        truth = int(np.argmax(reached >= chance))
        thresholds = np.searchsorted(reached, rng.random(runs), side="left")
        hits = np.cumsum(np.bincount(thresholds, minlength=size + 1))[:size].tolist()
        found, _ = searched(runs, hits, chance, hint=truth, confidence=confidence)
        above += found.low > truth
        below += found.high < truth
    allowed = (1 - confidence) / 2
    noise = 3 * math.sqrt(allowed * (1 - allowed) / searches)
    assert above / searches <= allowed + noise
    assert below / searches <= allowed + noise
    figure("bands of searches that miss the truth", f"{(above + below) / searches:.1%} of {searches}, 10 % allowed")
