"""What the columns of `slth bound` rest on: laws and scales of sums, bounds in their order, measured tickets."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.core.network import Activation, Add, Conv, Dense, Network
from slth.theory import measuring
from slth.theory.bounds import least_iteration, structured
from slth.theory.columns import COLUMNS, columns_of
from slth.theory.gadgets import pair
from slth.theory.gadgets.filters import VectorSum
from slth.theory.gadgets.nearest import Nearest
from slth.theory.gadgets.subset import SubsetSum
from slth.theory.measuring import least_samples
from slth.theory.plan import Request
from slth.theory.stages import matrix_of
from slth.theory.standing import standing
from slth.theory.sums import Sums, enough, plan_sums, sums_of
from slth.theory.theorem import statements, theorems

WISH = Request(weight_error=0.02, objective="within", delta=0.05)


def dense(*widths: int, seed: int = 0, kind: str = "relu", slope: float = 0.0) -> Network:
    rng = np.random.default_rng(seed)
    nodes: list[Dense | Activation] = []
    for wide, narrow in itertools.pairwise(widths):
        weight = (rng.uniform(-1, 1, (narrow, wide)) / math.sqrt(wide)).astype(np.float32)
        nodes += [Dense(weight, rng.uniform(-0.2, 0.2, narrow).astype(np.float32)), Activation(kind, slope)]
    return Network(tuple(nodes[:-1]), (widths[0],))


def drawn(key: str, target: Network, number: int, samples: int, **wishes: object):
    """The samples of one layer in units of the law that is claimed for its weights, (rows, groups, n), and the sums."""
    rule = theorems.get(key)()
    request = replace(WISH, law=rule.law, samples=samples, **wishes)
    plan = rule.plan(target, request, samples)
    layer, node = plan.layers[number], target.affine[number]
    sums = sums_of(plan, layer, node, 0.02)
    units = pair._units(plan, layer)
    values = pair.samples_of(plan.source, layer, units, list(range(len(units))), slice(0, layer.outputs))
    scale = np.abs(matrix_of(node)[:, 0] * layer.goals[0]).max() / sums[0].targets[:, 0].max()
    inputs = [group for group, (column, _) in enumerate(layer.slots) if column < layer.inputs]
    return values[:, inputs] * layer.unit / scale, sums


@pytest.mark.parametrize(
    ("key", "kind", "number", "law", "variance"),
    [
        ("pensia2020", "relu", 0, "UU", 1 / 9),
        ("pensia2020", "relu", 1, "UU", 1 / 9),
        ("burkholz2022", "tanh", 0, "UU", 1 / 9),
        ("burkholz2022", "relu", 1, "U", 1 / 3),
    ],
)
def test_samples_have_the_law_that_is_claimed(key, kind, number, law, variance):
    found, sums = drawn(key, dense(12, 10, 8, kind=kind), number, 30)
    assert sums[0].law == law
    assert np.abs(found).max() <= 1
    assert np.abs(found).max() > 0.8
    assert found[found != 0].var() == pytest.approx(variance, rel=0.1)
    assert not sums[0].thinned


def test_blocks_are_thinned_by_half():
    found, sums = drawn("pensia2020", dense(12, 10), 0, 40, assignment="blocks")
    assert sums[0].thinned
    assert (found != 0).sum(axis=2).mean() == pytest.approx(40, rel=0.1)  # of the 80 units of a block
    assert found[found != 0].var() == pytest.approx(1 / 9, rel=0.1)


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "tanh", "sigmoid"])
def test_sums_are_those_that_are_solved(kind):
    """Targets in units of the law are what the stage rounds, and as many sums are counted."""
    target = dense(5, 6, 3, kind=kind, slope=0.25 if kind == "leaky_relu" else 0.0)
    rule = theorems.get("burkholz2022")()
    plan = rule.plan(target, replace(WISH, samples=9, law="uniform"), 9)
    for layer, node in zip(plan.layers, target.affine, strict=True):
        sums = sums_of(plan, layer, node, 0.02)
        groups = pair.rounded_targets(layer, node).size
        smooth = layer.zone.cubic > 0
        assert sum(each.count for each in sums) == groups - (layer.rows if smooth and not layer.zone.level else 0)
        for each in sums:
            share = each.tolerance / 0.02
            columns = each.targets.shape[1]
            start = 0 if columns == layer.inputs else layer.inputs
            weights = np.abs(matrix_of(node)[:, start : start + columns])
            assert each.targets == pytest.approx(weights * share)


SUMS = st.builds(
    lambda law, targets, tolerance: Sums(law, np.array([targets]), tolerance, len(targets), False),
    st.just("UU"),
    st.lists(st.floats(0.0, 0.45), min_size=1, max_size=20),
    st.floats(1e-6, 0.02),
)


@pytest.mark.parametrize("kind", [SubsetSum, Nearest])
@given(sums=SUMS, delta=st.floats(1e-4, 0.3))
def test_necessary_is_below_certified(kind, sums, delta):
    columns = COLUMNS[kind]
    first, counting = columns.first_moment(sums, 0.5), columns.counting(sums, 0.5)
    certified = columns.certified(sums, delta, 0.5)
    assert first <= certified
    assert counting <= max(certified, 1)
    thin = replace(sums, thinned=True)
    if kind is SubsetSum:
        assert columns.certified(thin, delta, 0.5) >= certified / 2
        assert columns.first_moment(thin, 0.5) <= max(columns.certified(thin, delta, 0.5), 1)
        assert columns.counting(thin, 0.5) <= counting


@given(st.integers(1, 5), st.floats(1e-3, 0.1), st.floats(0.1, 1.0), st.floats(1e-3, 0.2))
@settings(max_examples=15)
def test_necessary_is_below_certified_for_vectors(dims, tolerance, size, delta):
    sums = Sums("NN", np.full((dims, 2), size), tolerance, 2 * dims, True)
    columns = COLUMNS[VectorSum]
    first, counting = columns.first_moment(sums, 0.5), columns.counting(sums, 0.5)
    assert max(first, counting) <= columns.certified(sums, delta, 0.5)
    if size > tolerance:
        plain = structured.nsn_first_moment_n(dims, tolerance, dims * size**2)
        assert plain / 1.4 - 1 <= first <= plain  # 2n filters are worth between n and 2n


def test_thinned_first_moment_is_the_mean_over_the_number_of_samples():
    """E over Binomial(2n, 1/2) samples of the expected number of subsets, by simulation of the count."""
    rng = np.random.default_rng(4)
    n, width, z, runs = 6, 0.02, 0.2, 3000
    found = 0
    for _ in range(runs):
        count = rng.binomial(2 * n, 0.5)
        sums = np.zeros(1)
        for sample in rng.uniform(-1, 1, count) * rng.random(count):
            sums = np.concatenate([sums, sums + sample])
        found += int((np.abs(sums - z) <= width).sum())
    from slth.theory.columns import _thinned_bits

    assert 2 ** _thinned_bits("UU", n, width, z) == pytest.approx(found / runs, rel=0.15)


@pytest.mark.parametrize("gadget", [SubsetSum("within"), Nearest()])
def test_a_gadget_in_haste_agrees_with_the_gadget(gadget):
    rng = np.random.default_rng(7)
    values, targets = rng.integers(-(2**40), 2**40, (300, 22)), rng.integers(-(2**39), 2**39, 300)
    for bits in (24, 30, 36, 39):
        limits = np.full(300, 2**bits)
        _, errors = gadget.choose(values, targets, limits)
        served = bool((errors <= limits).all())
        try:
            chosen, quick = measuring._Quick(gadget).choose(values, targets, limits)
        except measuring._Miss:
            assert not served
        else:
            assert served
            assert (np.abs((values * chosen).sum(axis=1) - targets) == quick).all()


def test_measured_is_where_misses_end():
    target, rule = dense(10, 12), theorems.get("pensia2020")()
    request = replace(WISH, law="uniform", seed=3)
    found = least_samples(rule, target, request, (0.02,), 0, 4, 2)
    assert found.rows == found.of == 12
    for run, n in enumerate(found.samples):
        trial = measuring._Trial(rule, target, replace(request, seed=3 + run), 0.02, 0, 12)
        assert trial.serves(n)
        assert not trial.serves(n - 1)
    assert found.enough == max(found.samples)


def test_large_layers_are_measured_on_their_hardest_neurons(monkeypatch):
    monkeypatch.setattr(measuring, "EFFORT", 1e-3)
    target, rule = dense(40, 60), theorems.get("pensia2020")()
    found = least_samples(rule, target, replace(WISH, law="uniform"), (1e-3,), 0, 10, 1)
    assert 0 < found.rows < found.of == 60
    layer, node = measuring._narrowed(rule.plan(target, replace(WISH, samples=9), 9).layers[0], target.affine[0], 3)
    assert layer.outputs == len(node.weight) == 3
    assert np.abs(node.weight[0]).max() == np.abs(target.affine[0].weight).max()
    monkeypatch.setattr(measuring, "EFFORT", 1e-9)
    assert least_samples(rule, target, replace(WISH, law="uniform"), (1e-3,), 0, 10, 1).samples == (None,)


def test_what_is_out_of_reach_is_not_tried():
    """So many units that assigning them takes long, and more samples than a source can be planned for."""
    table = standing(dense(400, 3), "malach2020", replace(WISH, weight_error=1e-5), runs=1)
    line = table.lines[0]
    assert line.measured.samples == (None,)
    assert line.measured.most < line.samples["first_moment"]
    assert line.samples["measured"] is line.units["measured"] is None
    assert line.samples["theorem"] > 100_000
    some = replace(WISH, weight_error=1e-2)
    columns = standing(dense(400, 3), "malach2020", some, given={"constant": 1e9}, runs=0).lines[0]
    each = columns.units["certified"] / columns.samples["certified"]
    assert each == pytest.approx(401, rel=0.05)  # 400 inputs look like a picture: one sign


@pytest.mark.parametrize("key", theorems.names())
def test_columns_are_in_order_for_every_construction(key):
    target = dense(3, 4) if key == "dacunha2023" else dense(6, 5, 3)
    wish = replace(WISH, weight_error=0.05)
    table = standing(target, key, wish, runs=2)
    assert table.key == table.built == key
    assert {"counting", "first_moment", "measured", "certified", "theorem"} == table.lines[0].samples.keys()
    for line in table.lines:
        n, measured = line.samples, line.measured
        assert measured is not None
        assert all(run is not None and n["first_moment"] <= run for run in measured.samples), n
        assert n["counting"] <= n["measured"]
        if n["certified"] is None:
            assert any(note.startswith("certified: ") for note in table.notes)
        else:
            assert n["measured"] <= n["certified"]
            assert line.units["measured"] <= line.units["certified"]
    rule = theorems.get(key)()
    n = int(table.lines[0].samples["measured"])
    layer = rule.plan(target, replace(wish, law=rule.law, samples=n), n).layers[0]
    copies = layer.outputs if layer.copies > 1 else 0
    assert table.lines[0].units["measured"] == layer.units + copies


def test_wishes_for_the_network_are_shared_by_norms():
    table = standing(dense(6, 5, 3), "pensia2020", Request(epsilon=0.05, delta=0.01), runs=0)
    tighter = standing(dense(6, 5, 3), "pensia2020", Request(epsilon=0.005, delta=0.001), runs=0)
    assert table.eps == 0.05
    assert table.samples("measured") is None
    for column in ("theorem", "certified", "first_moment", "counting"):
        assert tighter.samples(column) > table.samples(column)
        assert tighter.units(column) > table.units(column)
    fixed = standing(dense(6, 5, 3), "pensia2020", Request(weight_error=table.lines[0].tolerance), runs=0)
    assert fixed.lines[0].samples["counting"] == table.lines[0].samples["counting"]
    assert 0 < fixed.eps < 1


def test_the_chance_of_failure_is_shared_by_all_sums():
    """Union bound: the certified n of both layers leave just about delta."""
    target, delta = dense(6, 5, 3), 0.02
    table = standing(target, "pensia2020", replace(WISH, delta=delta), runs=0)
    plan = theorems.get("pensia2020")().plan(target, replace(WISH, samples=9, law="uniform"), 9)
    chance = 0.0
    for line, layer in zip(table.lines, plan_sums(plan, target, (0.02, 0.02)), strict=True):
        for sums in layer:
            n = int(line.samples["certified"])
            curve = least_iteration.failure_curve("UU", n, sums.tolerance, max(sums.largest, 0.4))
            chance += sums.count * float(curve[n])
    assert delta / 2 < chance <= delta


def test_papers_without_a_construction_stand_beside_auto():
    for key in sorted(set(statements.names()) - set(theorems.names())):
        given_ = {"heads": 2.0, "alpha": 4.0, "basis": 9.0, "share": 0.5, "precision": 0.125, "dims": 2.0, "n": 9.0}
        table = standing(dense(6, 5, 3), key, Request(epsilon=0.05), given=given_, runs=0)
        assert table.built == "pensia2020"
        assert any("has no construction" in note for note in table.notes)
        for values in table.formulas:
            assert all(value.value is not None for value in values), (key, values[0].entry.name, values[0].why)
    assert standing(dense(6, 5), "auto", WISH, runs=0).key == "pensia2020"


def test_constants_of_the_user_scale_the_theorem_alone():
    one, three = (
        standing(dense(6, 5, 3), "pensia2020", WISH, given={"constant": constant}, runs=0) for constant in (1.0, 3.0)
    )
    assert three.samples("theorem") == pytest.approx(3 * one.samples("theorem"))
    assert three.samples("certified") == one.samples("certified")


def test_what_has_no_bound_is_said():
    signs = standing(dense(6, 5), "pensia2020", replace(WISH, law="sign"), runs=0)
    assert signs.samples("certified") is signs.samples("first_moment") is None
    assert signs.samples("counting") > 0
    assert {note.split(":")[0] for note in signs.notes} >= {"certified", "first moment"}
    with pytest.raises(BadInput, match="--epsilon"):
        standing(dense(6, 5), "pensia2020", Request(), runs=0)
    with pytest.raises(BadInput, match="nobody"):
        standing(dense(6, 5), "nobody", WISH, runs=0)
    with pytest.raises(BadInput, match="nothing is proved"):
        columns_of(object())


def test_residual_targets_need_a_weight_error():
    rng = np.random.default_rng(1)
    first, second = (
        Conv(rng.uniform(-0.2, 0.2, shape).astype(np.float32), padding=(1, 1)) for shape in ((2, 1, 3, 3), (2, 2, 3, 3))
    )
    nodes, feeds = (first, Activation(), second, Add()), ((-1,), (0,), (1,), (2, 1))
    target = Network(nodes, (1, 5, 5), feeds)
    with pytest.raises(BadInput, match="--weight-error"):
        standing(target, "auto", Request(epsilon=0.1), runs=0)
    table = standing(target, "auto", WISH, runs=1)
    assert table.key == "dacunha2022"
    assert table.samples("first_moment") <= table.samples("measured") <= table.samples("certified")


def test_enough_is_the_smallest_or_at_least_enough():
    assert enough(lambda n: 17) == 17
    assert enough(lambda n: 0) == 0
    settled = enough(lambda n: math.ceil(10 + math.log2(n)))
    assert settled >= 10 + math.log2(settled) > settled - 1
    assert enough(lambda n: math.inf) == math.inf
