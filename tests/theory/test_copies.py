"""Burkholz (2022): copies, activations, levels: effective weights as reported, outputs as close as those predict."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from copied_targets import TARGETS, conv_target, dense_target, predicted, summed

from slth.core.collapse import collapse
from slth.core.compact import compact, drop_dead_units
from slth.core.domain import Box
from slth.core.errors import BadInput
from slth.core.mask import Mask
from slth.core.network import Activation, Add, Dense, Network
from slth.core.nodes import ACTIVATIONS
from slth.interop.targets import write_target
from slth.interop.tickets import write_ticket
from slth.rss.solve import solve
from slth.theory.build import approximate
from slth.theory.gadgets.copies import places_of_copies
from slth.theory.gadgets.levels import SolvedLevels
from slth.theory.plan import Plan, Request
from slth.theory.stages import matrix_of
from slth.theory.theorem import theorems
from slth.verify.__main__ import verify

SAMPLES = 24
Burkholz2022 = theorems.get("burkholz2022")


def request(lo: int = -1, **wishes) -> Request:
    return Request(law="uniform", domain=Box(Fraction(lo), Fraction(1)), **wishes)


def built(target: Network, depth: str, wishes: Request, samples: int = SAMPLES) -> tuple[Plan, list, Mask]:
    rule = Burkholz2022(depth)
    rule.check(target)
    plan = rule.plan(target, wishes, samples)
    solved = []
    for layer, node in zip(plan.layers, target.affine, strict=True):
        matrix = matrix_of(node)
        solved.append(plan.stage(plan, layer, node, np.full(matrix.shape, 1e-3 * np.abs(matrix).max()), None, quiet))
    return plan, solved, Mask.of(plan.source, [entries for one in solved for entries in one.kept()])


def quiet(*_: object) -> None:
    pass


CASES = [
    pytest.param(shape, kind, depth, lo, id=f"{shape}-{kind}-{depth}-{'signed' if lo else 'unsigned'}")
    for shape in TARGETS
    for kind in ACTIVATIONS
    for depth in ("L+1", "2L")
    for lo in (-1, 0)
]


@pytest.mark.parametrize(("shape", "kind", "depth", "lo"), CASES)
@pytest.mark.parametrize("bias", [True, False])
def test_effective_weights_are_as_close_as_reported(shape, kind, depth, lo, bias):
    target = TARGETS[shape](kind, bias)
    plan, solved, mask = built(target, depth, request(lo))
    for one, stage, layer, node in zip(solved, plan.layers, collapse(plan.source, mask), target.affine, strict=True):
        zone = layer.zone
        reported = one.weight_errors().reshape(node.shape[0], stage.taps, -1)
        weight = node.weight.reshape(*node.shape, stage.taps)
        room = np.repeat(reported[:, :, : stage.inputs].transpose(0, 2, 1), layer.copies, axis=0)
        wanted = np.repeat(weight, layer.copies, axis=0)
        sides = [(zone.up, zone.down)] + [(zone.down, zone.up)] * stage.signed
        for up, down in sides:
            found = summed(stage, (up * layer.plus + down * layer.minus) * layer.unit)
            assert (np.abs(found - wanted) <= room + 2.0**-36).all()
        constant = np.zeros(node.shape[0]) if node.bias is None else node.bias
        off = np.abs(layer.bias * layer.unit - np.repeat(constant, layer.copies))
        if bias:
            assert (off <= np.repeat(reported[:, 0, -1], layer.copies) + layer.bias_error + 2.0**-36).all()
        else:
            assert (off <= 1e-3 * np.abs(weight).max() + 2.0**-36).all()


@pytest.mark.parametrize(("shape", "kind", "depth", "lo"), CASES)
def test_outputs_are_as_close_as_weights_and_remainders_predict(shape, kind, depth, lo):
    """By absolute values of the ticket's weights: copies of a neuron are off by different amounts."""
    target = TARGETS[shape](kind)
    plan, _, mask = built(target, depth, request(lo))
    lean = drop_dead_units(plan.source, mask, target.is_sequence)
    layers = collapse(plan.source, mask)
    network = compact(plan.source, lean, target)
    x = np.random.default_rng(1).uniform(lo, 1, (20, *target.input_shape))
    bound = predicted(target, layers, x)
    off = np.abs(network(x) - target(x))
    assert (off <= bound + 1e-9).all()
    assert bound.max() < 1
    assert off.max() > 1e-6


@pytest.mark.parametrize("shape", TARGETS)
def test_the_depth_is_one_more_than_the_targets(shape):
    target = TARGETS[shape]("tanh")
    for depth, extra in (("L+1", 1), ("2L", len(target.affine))):
        source = Burkholz2022(depth).plan(target, request(), SAMPLES).source
        fed_by_signals = [layer for layer in source.layers[1::2] if not layer.direct]
        assert len(source.layers[1::2]) + len(fed_by_signals) == len(target.affine) + extra


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("how", ["matched", "blocks"])
def test_the_same_wish_gives_the_same_mask(kind, how):
    first, second = (built(dense_target(kind), "L+1", request(seed=7, assignment=how), 10)[2] for _ in range(2))
    other = built(dense_target(kind), "L+1", request(seed=8, assignment=how), 10)[2]
    assert all((a == b).all() for a, b in zip(first.kept, second.kept, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first.kept, other.kept, strict=True))


def test_copies_of_a_flattened_channel_are_found_where_they_lie():
    plan = Burkholz2022("L+1").plan(conv_target(), request(), 5)
    layer, source = plan.layers[2], plan.source
    table = places_of_copies(source, layer)
    assert (layer.inputs, layer.fed, layer.block) == (12, 5, 6)
    assert table[0].tolist() == [0, 6, 12, 18, 24]
    assert table[7].tolist() == [31, 37, 43, 49, 55]
    units = table[-1][table[-1] >= 0] - 60
    assert (source.entries(4, units, np.zeros_like(units)) > 0).all()
    assert len(np.unique(table[table >= 0])) == (table >= 0).sum()


def test_solving_again_keeps_what_fits():
    target = dense_target("sigmoid")
    plan, solved, _ = built(target, "L+1", request())
    for layer, node, one in zip(plan.layers, target.affine, solved, strict=True):
        tight = np.full(matrix_of(node).shape, 2e-4)
        again = plan.stage(plan, layer, node, tight, one, quiet)
        assert (again.weight_errors() <= np.maximum(one.weight_errors(), 2e-4)).all()
        assert again.weight_errors().max() < one.weight_errors().max()


@pytest.mark.parametrize("objective", ["fewest", "closest", "within"])
def test_levels_are_always_taken_back(objective, figure):
    worst = 0.0
    for seed in range(8):
        target = conv_target("sigmoid", bias=seed % 2 == 0)
        wishes = request(seed=seed, objective=objective)
        plan, solved, mask = built(target, "2L", wishes, 14)
        for one, layer, node in zip(solved, collapse(plan.source, mask), target.affine, strict=True):
            assert isinstance(one, SolvedLevels)
            largest = max(float(np.abs(array).max()) for _, array in node.tensors())
            worst = max(worst, float(one.errors.max()) / largest)
            assert layer.bias_error.max() == 0
    figure(f"levels of sigmoid stages, {objective}", f"off by at most {worst:.2g} of the largest weight in 8 networks")
    assert worst <= 1e-3


def test_raw_weights_miss_less_than_products():
    """Why samples counted for products, at twice the scale, are enough for raw weights (`Burkholz2022.samples`)."""
    rng, bits, rows = np.random.default_rng(2), 40, 4000
    for n, eps, z in ((8, 2.0**-6, 0.3), (10, 2.0**-8, 0.5), (12, 2.0**-9, 0.1)):
        raw = rng.uniform(-1, 1, (rows, n))
        product = rng.uniform(0, 1, (rows, n)) * rng.uniform(-1, 1, (rows, n))
        missed = []
        for values, factor in ((raw, 2), (product, 1)):
            goals = np.full(rows, round(z * factor * 2**bits))
            errors = solve(np.rint(np.ldexp(values, bits)).astype(np.int64), goals, bits=bits).errors
            missed.append(float((errors > eps * factor * 2**bits).mean()))
        assert missed[0] < missed[1] + 0.01


def test_the_larger_the_domain_the_smaller_the_scale():
    small, large = (
        Burkholz2022("L+1").plan(dense_target("tanh"), replace(request(), domain=Box(Fraction(0), Fraction(hi))), 4)
        for hi in (1, 100)
    )
    assert small.source.layers[0].scale == 2.0**-10
    assert large.source.layers[0].scale == 2.0**-17


def mixed() -> Network:
    one = Dense(np.eye(2))
    return Network((one, Activation("relu"), one, Activation("tanh"), one), (2,))


def shortcut() -> Network:
    """The input, which comes once, is added to neurons that come in copies."""
    one = Dense(np.eye(2))
    return Network((one, Activation("relu"), Add(), one), (2,), ((-1,), (0,), (1, -1), (2,)))


def test_what_does_not_fit_is_refused_by_name():
    with pytest.raises(BadInput, match="mixes the activations relu, tanh"):
        Burkholz2022().check(mixed())
    with pytest.raises(BadInput, match=r"node 2 adds .* copies: \[1, 2\]; use --option depth=2L"):
        Burkholz2022().check(shortcut())
    Burkholz2022("2L").check(shortcut())
    with pytest.raises(BadInput, match="depth '3L' is neither"):
        Burkholz2022("3L")
    for wishes, samples, match in (
        (request(assignment="traded"), 5, "no units to trade"),
        (replace(request(), law="sign"), 5, "sums of raw weights of law sign"),
        (request(), 1, "at least 2"),
    ):
        with pytest.raises(BadInput, match=match):
            Burkholz2022().plan(dense_target(), wishes, samples)


def test_an_activation_at_the_end_may_be_another():
    one = Dense(np.eye(2))
    Burkholz2022().check(Network((one, Activation("relu"), one, Activation("sigmoid")), (2,)))


def test_depth_l_plus_1_asks_for_samples_that_serve_every_copy():
    weights, tolerances = np.linspace(-0.5, 0.5, 100), np.full(100, 1e-3)
    flat, deep = (Burkholz2022(depth).samples(weights, tolerances, 0.01, "UU") for depth in ("L+1", "2L"))
    assert flat.n > deep.n
    assert flat.expected_misses <= 0.0125


@pytest.mark.parametrize("law", ["uniform", "normal"])
@pytest.mark.parametrize("depth", ["L+1", "2L"])
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_both_certificates_prove_the_claim(tmp_path, kind, depth, law):
    target = dense_target(kind)
    made = approximate(target, replace(request(), law=law, samples=SAMPLES), "burkholz2022", options={"depth": depth})
    write_ticket(tmp_path / "t.slth", made.ticket)
    write_target(target, tmp_path / "t.safetensors")
    asked = Namespace(ticket=tmp_path / "t.slth", target=tmp_path / "t.safetensors", domain=None, epsilon=None)
    report = verify(asked)
    assert report["verdict"] == "PROVED"
    assert report["eps_real"] == pytest.approx(made.certified.checker_eps, rel=1e-2)
    x = np.random.default_rng(0).uniform(-1, 1, (50, 5))
    assert np.abs(made.ticket.to_network(target)(x) - target(x)).max() <= report["eps_real"]
