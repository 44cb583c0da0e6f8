"""Assignments and pairs: the block rule, nothing wasted, errors as reported."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.collapse import collapse
from slth.core.domain import Box
from slth.core.errors import BadInput
from slth.core.mask import Mask
from slth.core.network import Activation, Dense, Flatten, Network
from slth.theory.gadgets.assignment import EMPTY, assign
from slth.theory.gadgets.nearest import Nearest
from slth.theory.gadgets.pair import integer_tolerances, solve_pair
from slth.theory.plan import Request
from slth.theory.stages import matrix_of, pair_plan, scale_of
from slth.theory.theorem import theorems


def net(shapes: list[tuple[int, int]], bias: bool = True, seed: int = 0, dtype: type = np.float32) -> Network:
    rng = np.random.default_rng(seed)
    nodes: list = []
    for out, inputs in shapes:
        weight = rng.normal(0, inputs**-0.5, (out, inputs)).astype(dtype)
        nodes += [Dense(weight, rng.normal(0, 0.1, out).astype(dtype) if bias else None), Activation()]
    return Network(tuple(nodes[:-1]), (shapes[0][1],))


def refused_or_not(target: Network) -> None:
    theorems.get("pensia2020")().check(target)


def plan_for(target: Network, samples: int, **wishes):
    return theorems.get("pensia2020")().plan(target, Request(samples=samples, law="uniform", **wishes), samples)


@pytest.mark.parametrize("how", ["matched", "blocks"])
@pytest.mark.parametrize("lo", [-1, 0])
@given(seed=st.integers(0, 10**6), inputs=st.integers(1, 9), samples=st.integers(1, 12), bias=st.booleans())
def test_every_unit_serves_one_group_with_its_sign(how, lo, seed, inputs, samples, bias):
    target = net([(2, inputs)], bias)
    plan = plan_for(target, samples, seed=seed, assignment=how, domain=Box(Fraction(lo), Fraction(1)))
    layer = plan.layers[0]
    table = assign(plan.source, layer, how)
    used = table[table != EMPTY]
    assert len(np.unique(used)) == len(used)
    for (column, sign), group in zip(layer.slots, table, strict=True):
        group = group[group != EMPTY]
        assert (np.sign(plan.source.entries(0, group, np.int64(column))) == sign).all()
        if how == "blocks":
            assert (group // (2 * samples) == column).all()


def test_matched_wastes_hardly_a_unit():
    empty = units = 0
    for seed in range(60):
        plan = plan_for(net([(1, 1 + seed % 7)]), 6, seed=seed, domain=Box(Fraction(-1), Fraction(1)))
        table = assign(plan.source, plan.layers[0], "matched")
        empty, units = empty + int((table == EMPTY).sum()), units + table.size
    assert empty < 0.03 * units


def test_matched_wastes_none_of_many_columns():
    plan = plan_for(net([(1, 64)]), 5, seed=4)
    assert (assign(plan.source, plan.layers[0], "matched") != EMPTY).all()


@pytest.mark.parametrize("assignment", ["matched", "blocks"])
@pytest.mark.parametrize("lo", [-1, 0])
@pytest.mark.parametrize("bias", [False, True])
def test_reported_errors_are_those_of_the_collapsed_ticket(assignment, lo, bias):
    target = net([(6, 5), (3, 6)], bias)
    plan = plan_for(target, 14, assignment=assignment, domain=Box(Fraction(lo), Fraction(1)))
    pairs = [
        solve_pair(plan, layer, node, np.full((layer.outputs, layer.columns), 0.02))
        for layer, node in zip(plan.layers, target.affine, strict=True)
    ]
    mask = Mask.of(plan.source, [entries for pair in pairs for entries in pair.kept()])
    for pair, layer, node in zip(pairs, collapse(plan.source, mask), target.affine, strict=True):
        got = np.hstack([layer.plus, layer.bias[:, None]]) if bias else layer.plus
        off = np.abs(got * layer.unit - matrix_of(node))
        if pair.layer.signed:
            other = np.abs(layer.minus * layer.unit - node.weight)
            off[:, : pair.layer.inputs] = np.maximum(off[:, : pair.layer.inputs], other)
        np.testing.assert_allclose(off, pair.weight_errors(), atol=2.0**-40)


def test_solving_again_touches_only_what_no_longer_fits():
    target = net([(8, 6)])
    plan = plan_for(target, 16, domain=Box(Fraction(0), Fraction(1)))
    layer, node = plan.layers[0], target.affine[0]
    loose = solve_pair(plan, layer, node, np.full((8, 7), 0.05))
    tight = np.full((8, 7), 0.005)
    again = solve_pair(plan, layer, node, tight, loose)
    kept = loose.errors <= integer_tolerances(tight, layer.unit)
    assert 0 < kept.sum() < kept.size
    assert (again.chosen[kept] == loose.chosen[kept]).all()
    assert (again.weight_errors() <= np.maximum(loose.weight_errors(), 0.005)).all()


def test_tolerances_never_round_up():
    assert integer_tolerances(np.array([0.0, 1.0, 5.9, np.inf]), 1.0).tolist() == [0, 0, 4, 2**52 - 1]


@given(st.integers(0, 10**6), st.integers(1, 40))
def test_nearest_is_the_nearest(seed, n):
    rng = np.random.default_rng(seed)
    values, targets = rng.integers(-50, 51, (20, n)), rng.integers(-60, 61, 20)
    chosen, errors = Nearest().choose(values, targets, None)
    assert (chosen.sum(axis=1) <= 1).all()
    assert (np.abs((values * chosen).sum(axis=1) - targets) == errors).all()
    best = np.minimum(np.abs(values - targets[:, None]).min(axis=1), np.abs(targets))
    assert (errors == best).all()


def test_networks_that_the_theorem_does_not_cover_are_refused():
    first, second = Dense(np.ones((2, 2))), Dense(np.ones((2, 2)))
    with pytest.raises(BadInput, match="without a relu"):
        refused_or_not(Network((first, second), (2,)))
    with pytest.raises(BadInput, match="activation"):
        refused_or_not(Network((Activation(), first), (2,)))
    refused_or_not(Network((Flatten(), first, Activation(), second, Activation()), (2,)))


@pytest.mark.parametrize("field", ["epsilon", "weight_error", "delta"])
def test_wishes_that_make_no_sense_are_refused(field):
    for value in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(BadInput, match=field.replace("_", "-")):
            Request(**{field: value})


def test_scale_is_a_power_of_two_with_room():
    for largest, scale in ((0.5, 1.0), (0.51, 2.0), (3.0, 8.0), (0.0, 1.0)):
        node = Dense(np.array([[largest, -largest / 3]], np.float32))
        assert scale_of(node, None) == scale


def test_a_plan_of_one_gadget_serves_any_target():
    plan = pair_plan(net([(3, 30)]), Request(samples=4, law="uniform"), "test", Nearest(), 4, solve_pair)
    assert [(s.rows, s.columns, s.bias) for s in plan.source.layers] == [(244, 31, True), (3, 244, False)]


@pytest.mark.parametrize("columns", [1, 2, 3, 5])
@pytest.mark.parametrize("lo", [-1, 0])
def test_few_columns_get_all_their_samples_too(columns, lo):
    """Half of all units have the wrong sign for a single column: the width makes up for them."""
    short = 0
    for seed in range(40):
        plan = plan_for(net([(1, columns)], False), 20, seed=seed, domain=Box(Fraction(lo), Fraction(1)))
        short += int((assign(plan.source, plan.layers[0], "matched") == EMPTY).sum())
    assert short <= 40 * 20 * columns * 0.01
