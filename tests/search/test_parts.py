"""The parts of recipes, each against its formula: autograd, counts, laws."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.core.philox import key_from_seed, words_range
from slth.search.partnames import part
from slth.search.parts.events import Prune, Redraw
from slth.search.parts.gradients import Kept, Straight
from slth.search.parts.penalties import Magnitudes, Squares, Undecided
from slth.search.parts.rules import Bernoulli, Global, Layerwise, OfEvery, Signs, Threshold, kept_count
from slth.search.parts.schedules import Annealed, Constant, Cubic, Geometric
from slth.search.parts.scores import Absolute, Clamped, Sigmoid, Signed
from slth.search.parts.starts import Fan, Interval
from slth.search.parts.units import Block, Filter, Weight
from slth.search.parts.values import Binary, Random


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


# Scores: what is ranked, its derivative, the projection.

RANKED = {
    Signed(): lambda s: s,
    Absolute(): lambda s: s.abs(),
    Sigmoid(): lambda s: 1 / (1 + torch.exp(-s)),
    Clamped(): lambda s: s,
}


@pytest.mark.parametrize("score", RANKED, ids=lambda part: type(part).__name__)
def test_slope_is_the_derivative(score):
    scores = torch.cat([normal(50), torch.zeros(1)]).requires_grad_()
    arriving = normal(51, seed=1)
    formula = RANKED[score](scores)
    (wanted,) = torch.autograd.grad(formula, scores, arriving)
    assert torch.allclose(score.ranked(scores.detach()), formula.detach())
    assert torch.allclose(score.slope(scores.detach(), arriving.clone()), wanted, atol=1e-7)


def test_projections():
    for score in (Signed(), Absolute(), Sigmoid()):
        scores = normal(20)
        score.project(scores)
        assert torch.equal(scores, normal(20))
    scores = torch.tensor([-1.0, 0.0, 0.25, 1.0, 3.0])
    Clamped().project(scores)
    assert scores.tolist() == [0.0, 0.0, 0.25, 1.0, 1.0]


# Rules: from what is ranked to masks.

LAYERS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 9)), min_size=1, max_size=4)
DENSITIES = st.one_of(st.floats(0.001, 1), st.sampled_from([0.5, 0.1, 1.0]))


def drawn(shapes, seed: int, ties: bool) -> list[torch.Tensor]:
    rng = np.random.default_rng(seed)
    if ties:
        return [torch.from_numpy(rng.integers(-2, 3, shape).astype(np.float32)) for shape in shapes]
    return [torch.from_numpy(rng.standard_normal(shape).astype(np.float32)) for shape in shapes]


@given(LAYERS, DENSITIES, st.integers(0, 99), st.booleans())
def test_layerwise_and_global(shapes, density, seed, ties):
    ranked = drawn(shapes, seed, ties)
    for layer, mask in zip(ranked, Layerwise().masks(ranked, density, None), strict=True):
        order = np.argsort(-layer.reshape(-1).numpy(), kind="stable")
        wanted = np.zeros(layer.numel(), np.bool_)
        wanted[order[: round(layer.numel() * density)]] = True
        assert mask.dtype == torch.bool and mask.shape == layer.shape
        assert np.array_equal(mask.reshape(-1).numpy(), wanted)
    masks = Global().masks(ranked, density, None)
    together = np.concatenate([layer.reshape(-1).numpy() for layer in ranked])
    wanted = np.zeros(len(together), np.bool_)
    wanted[np.argsort(-together, kind="stable")[: round(len(together) * density)]] = True
    assert [mask.shape for mask in masks] == [layer.shape for layer in ranked]
    assert np.array_equal(torch.cat([mask.reshape(-1) for mask in masks]).numpy(), wanted)


@given(st.integers(1, 10**7), st.integers(1, 1000))
def test_kept_count_is_the_nearest(size, thousandths):
    count = kept_count(size, thousandths / 1000)
    assert abs(count - Fraction(size * thousandths, 1000)) <= Fraction(1, 2) + Fraction(1, 10**6)


def test_threshold_is_strict():
    (mask,) = Threshold(0.5).masks([torch.tensor([0.5, 0.50001, 0.4, 1.0])], 0.1, None)
    assert mask.tolist() == [False, True, False, True]


def test_signs():
    (mask,) = Signs(0.25).masks([torch.tensor([0.25, -0.25, 0.3, -0.3, 0.0, 9.0])], 0.1, None)
    assert mask.tolist() == [0, 0, 1, -1, 0, 1]


def test_bernoulli():
    chances = torch.tensor([0.0, 1.0, 0.1, 0.5, 0.9]).repeat(4000).view(4000, 5)
    (mask,) = Bernoulli().masks([chances], 0.5, torch.Generator().manual_seed(3))
    (again,) = Bernoulli().masks([chances], 0.5, torch.Generator().manual_seed(3))
    (other,) = Bernoulli().masks([chances], 0.5, torch.Generator().manual_seed(4))
    assert mask.dtype == torch.bool and torch.equal(mask, again) and not torch.equal(mask, other)
    for column, chance in enumerate([0.0, 1.0, 0.1, 0.5, 0.9]):
        spread = math.sqrt(chance * (1 - chance) / 4000)
        assert abs(float(mask[:, column].float().mean()) - chance) <= 5 * spread
    coin = torch.Generator().manual_seed(3)
    first, second = (Bernoulli().masks([chances], 0.5, coin)[0] for _ in range(2))
    assert not torch.equal(first, second), "a coin that is tossed again falls anew"
    (likely,) = Bernoulli().masks([torch.tensor([0.2, 0.5, 0.50001, 0.9])], 0.5, None)
    assert likely.tolist() == [False, False, True, True]


@given(st.integers(1, 4), st.integers(0, 4), st.integers(1, 5), st.integers(1, 3), st.integers(0, 99), st.booleans())
def test_n_of_every_m(n, more, rows, groups, seed, ties):
    m = n + more
    (layer,) = drawn([(rows, groups * m)], seed, ties)
    for shaped in (layer, layer.view(rows, groups, m, 1)):
        (mask,) = OfEvery(n, m).masks([shaped], 0.123, None)
        assert mask.shape == shaped.shape
        for group, kept in zip(layer.reshape(-1, m).tolist(), mask.reshape(-1, m).tolist(), strict=True):
            first = sorted(range(m), key=lambda place: (-group[place], place))[:n]
            assert [place for place in range(m) if kept[place]] == sorted(first)


def test_equal_ones_of_large_groups():
    (mask,) = OfEvery(100, 256).masks([torch.zeros(4, 512)], 0.5, None)
    assert torch.equal(mask.view(-1, 256), (torch.arange(256) < 100).expand(8, 256))


def test_n_of_every_m_that_does_not_divide():
    with pytest.raises(BadInput, match="rows of 6 weights are not divided into groups of 4"):
        OfEvery(2, 4).masks([torch.zeros(2, 6)], 0.5, None)


# Units: spreading a mask, gathering a gradient.

UNITS = [
    (Weight(), (3, 4), (3, 4)),
    (Filter(), (3, 4), (3, 1)),
    (Filter(), (3, 2, 3, 3), (3, 1, 1, 1)),
    (Block(2), (3, 4), (3, 2)),
    (Block(9), (5, 2, 3, 3), (5, 2)),
    (Block(1), (2, 3), (2, 3)),
]


@pytest.mark.parametrize(("unit", "weights", "scores"), UNITS)
def test_units_gather_what_they_spread(unit, weights, scores):
    assert unit.shape(weights) == scores
    mask = normal(*scores).requires_grad_()
    spread = unit.spread(mask, weights)
    assert spread.shape == torch.Size(weights)
    arriving = normal(*weights, seed=1)
    (wanted,) = torch.autograd.grad(spread, mask, arriving)
    found = unit.gathered(arriving)
    assert found.shape == torch.Size(scores) and torch.allclose(found, wanted, atol=1e-5)
    bits = torch.rand(scores, generator=torch.Generator().manual_seed(2)) < 0.5
    assert unit.spread(bits, weights).dtype == torch.bool


def test_a_block_is_a_run_of_its_row():
    mask = torch.tensor([[True, False], [False, True]])
    assert Block(3).spread(mask, (2, 6)).int().tolist() == [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]
    kernels = Block(4).spread(mask, (2, 2, 2, 2))
    assert kernels.flatten(2).all(2).tolist() == mask.tolist() and kernels.flatten(2).any(2).tolist() == mask.tolist()
    with pytest.raises(BadInput, match="a row of 6 weights has no blocks of 4"):
        Block(4).shape((2, 6))


# Values: the effective weights.


def test_random_value():
    weights, mask = normal(3, 4), normal(3, 4, seed=1) > 0
    assert torch.equal(Random().effective(weights, mask), torch.where(mask, weights, 0.0))
    signed = normal(3, 4, seed=1).sign() * mask
    assert torch.equal(Random().effective(weights, signed), weights * signed)


def test_binary_value():
    weights, mask = normal(30, 40), normal(30, 40, seed=1) > 0.5
    found = Binary().effective(weights, mask)
    alpha = np.abs(weights.numpy().astype(np.float64))[mask.numpy()].mean()
    assert torch.equal(found.sign(), weights.sign() * mask)
    assert np.allclose(found.abs().numpy()[mask.numpy()], alpha, rtol=1e-6, atol=0)
    assert len(found.abs().unique()) == 2
    nothing = Binary().effective(weights, torch.zeros_like(mask))
    assert torch.equal(nothing, torch.zeros_like(weights)), "no 0 / 0 where nothing is kept"


def test_binary_value_of_signs():
    weights, mask = torch.tensor([[1.0, -2.0, 3.0, 5.0]]), torch.tensor([[1.0, -1.0, -1.0, 0.0]])
    assert Binary().effective(weights, mask).tolist() == [[2.0, 2.0, -2.0, 0.0]]


def test_parts_that_can_not_be():
    makers = (
        lambda: Block(0),
        lambda: OfEvery(0, 4),
        lambda: OfEvery(5, 4),
        lambda: Cubic(0),
        lambda: Prune(0),
        lambda: Redraw(0),
        lambda: Redraw(1, 1.5),
        lambda: part("prune", "every:2:no"),
        lambda: part("rule", "of:2:4:4"),
        lambda: part("rule", "of:two"),
        lambda: part("rule", "off"),
    )
    for maker in makers:
        with pytest.raises(BadInput) as caught:
            maker()
        assert "\n" not in str(caught.value)
    assert part("prune", "every:2:False") == Prune(2, False) and part("prune", "every:2:True") == Prune(2, True)
    assert part("rule", "of:2:8") == OfEvery(2, 8) and part("start", "fan:0.5") == Fan(0.5)


def test_bernoulli_of_numbers_that_are_no_chances():
    ranked = torch.tensor([-3.0, 7.0, math.nan, math.inf])
    (mask,) = Bernoulli().masks([ranked], 0.5, torch.Generator().manual_seed(1))
    assert mask.tolist() == [False, True, False, True]


# Gradients: straight through.


def test_straight_and_kept():
    weights, effective, mask = normal(3, 4), normal(3, 4, seed=1), normal(3, 4, seed=2) > 0
    relaxed = mask.float().requires_grad_()
    (wanted,) = torch.autograd.grad(weights * relaxed, relaxed, effective)
    assert torch.equal(Straight().mask(effective.clone(), weights, mask), wanted)
    assert torch.equal(Kept().mask(effective.clone(), weights, mask), torch.where(mask, wanted, 0.0))
    signed = torch.where(mask, -1.0, 0.0)
    assert torch.equal(Kept().mask(effective.clone(), weights, signed), torch.where(mask, wanted, 0.0))


# Schedules.

SCHEDULES = [Constant(), Cubic(), Cubic(3), Geometric(), Annealed()]


@given(st.sampled_from(SCHEDULES), st.floats(0.001, 1), st.integers(1, 60))
def test_schedules_fall_to_the_goal(schedule, goal, epochs):
    course = [schedule.density(goal, epoch, epochs) for epoch in range(epochs)]
    assert all(0 < density <= 1 for density in course)
    assert all(later <= earlier + 1e-15 for earlier, later in itertools.pairwise(course))
    assert course[-1] == goal, "exactly: the search asks for equality"


def test_schedules_formulas():
    assert [Annealed().density(0.1, e, 10) for e in range(9)] == pytest.approx([0.1 ** (e / 10) for e in range(1, 10)])
    assert [Geometric().density(0.1, e, 11) for e in range(11)] == pytest.approx([0.1 ** (e / 10) for e in range(11)])
    pruned = [0.8 + (0.5 - 0.8) * (1 - e / 10) ** 3 for e in range(11)]
    assert [1 - Cubic().density(0.2, e, 30) for e in range(11)] == pytest.approx(pruned)
    assert [Cubic().density(0.2, e, 30) for e in range(10, 30)] == [0.2] * 20
    assert [Cubic().density(0.7, e, 30) for e in range(30)] == [0.7] * 30
    assert Constant().density(0.3, 0, 9) == 0.3


# Events.


@given(st.integers(1, 12), st.integers(1, 60))
def test_prunings_are_counted(every, epochs):
    prune = Prune(every)
    numbers = [prune.number(epoch, epochs) for epoch in range(epochs)]
    assert [number for number in numbers if number] == list(range(1, prune.times(epochs) + 1))
    assert epochs == 1 or numbers[-1] == 0, "the last epoch trains what is left"
    if epochs > every:
        assert prune.times(epochs) == (epochs - 1) // every
        assert all((epoch + 1) % every == 0 for epoch, number in enumerate(numbers) if number)


# Penalties.

PENALTIES = {
    Squares(0.3): lambda s: 0.3 * (s**2).sum(),
    Magnitudes(0.3): lambda s: 0.3 * s.abs().sum(),
    Undecided(0.3): lambda s: 0.3 * (s * (1 - s)).sum(),
}


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda part: type(part).__name__)
def test_penalties(penalty):
    scores = torch.cat([normal(50), torch.zeros(1)]).requires_grad_()
    (wanted,) = torch.autograd.grad(PENALTIES[penalty](scores), scores)
    assert torch.allclose(penalty.gradient(scores.detach()), wanted, atol=1e-7)


# Starts.

COUNT = 50_000


@pytest.mark.parametrize(
    ("start", "low", "high"),
    [
        (Fan(), -0.2, 0.2),
        (Fan(math.sqrt(6)), -math.sqrt(6) / 5, math.sqrt(6) / 5),
        (Interval(), 0.0, 1.0),
        (Interval(-3, 1), -3.0, 1.0),
    ],
)
def test_starts_are_uniform(start, low, high):
    words = words_range(key_from_seed(7), 1, 0, COUNT, 4)
    scores = start.scores(words, fan_in=25)
    assert scores.dtype == np.float32 and np.array_equal(scores, start.scores(words.copy(), fan_in=25))
    fractions = (scores.astype(np.float64) - low) / (high - low)
    assert fractions.min() > 0 and fractions.max() < 1
    assert abs(fractions.mean() - 0.5) < 5 * math.sqrt(1 / 12 / COUNT)
    assert abs(fractions.var() - 1 / 12) < 5 * math.sqrt(1 / 180 / COUNT)
    counts = np.histogram(fractions, 20, (0, 1))[0]
    assert ((counts - COUNT / 20) ** 2 / (COUNT / 20)).sum() < 60  # chi-square of 19: 60 has chance 4e-6


def test_ends_of_a_start():
    ends = np.array([0, 2**32 - 1], np.uint32)
    assert Interval().scores(ends, 9).tolist() == [2.0**-24, 1 - 2.0**-24]
    assert Fan().scores(ends, 4).tolist() == [-0.5 * (1 - 2.0**-23), 0.5 * (1 - 2.0**-23)]
