"""Structured tickets: whole filters, one channel each, errors as reported, and a smaller dense network."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slth.core.collapse import collapse
from slth.core.domain import Box
from slth.core.errors import BadInput
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.network import Activation, Conv, Dense, Flatten, Network, Pool
from slth.core.ticket import Ticket
from slth.interop.read import read
from slth.rss.solvers.klist import KList
from slth.theory.build import approximate
from slth.theory.gadgets.filters import SolvedFilters, VectorSum, solve_filters
from slth.theory.gadgets.probe import Slices, samples_for
from slth.theory.plan import Plan, Request
from slth.theory.stages import layer_of
from slth.theory.theorem import theorems

ROOT = Path(__file__).resolve().parents[2]
LEFT, BOTH = Box(Fraction(0), Fraction(1)), Box(Fraction(-1), Fraction(1))


def picture_net(bias: bool = True, seed: int = 0) -> Network:
    """2 x 5 x 5 -> 2 channels -> 3 numbers; vectors of 8, of 3 and, for biases, of 2 and 3 entries."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(0, 0.4, (2, 2, 2, 2)).astype(np.float32)
    weight = rng.normal(0, 0.2, (3, 2 * 3 * 3)).astype(np.float32)
    some = [rng.normal(0, 0.1, size).astype(np.float32) if bias else None for size in (2, 3)]
    conv = Conv(kernel, some[0], stride=(2, 2), padding=(1, 1))
    return Network((conv, Activation(), Flatten(), Dense(weight, some[1])), (2, 5, 5))


def solved(target: Network, **wishes) -> tuple[Plan, list[SolvedFilters], Mask]:
    request = Request(**{"law": "normal", "samples": 100, "objective": "within", **wishes})
    plan = theorems.get("dacunha2023")().plan(target, request, int(request.samples or 0))
    pairs = [
        solve_filters(plan, layer, node, np.full((layer.rows, layer.columns), 0.05))
        for layer, node in zip(plan.layers, target.affine, strict=True)
    ]
    return plan, pairs, Mask.of(plan.source, [kept for pair in pairs for kept in pair.kept()])


@cache
def edge_ticket() -> Ticket:
    request = Request(weight_error=0.01, objective="within", samples=137)
    return approximate(read(ROOT / "examples" / "edge.safetensors").network, request, "dacunha2023").ticket


def check_structured(plan: Plan, mask: Mask) -> None:
    """Every unit reads one channel, that of its block; it keeps all of its slice of the next kernel or nothing."""
    for layer in plan.layers:
        rows, columns = mask.pairs(2 * layer.number)
        assert (np.diff(rows) > 0).all()
        np.testing.assert_array_equal(columns, np.minimum(rows // (2 * layer.samples), layer.columns - 1))
        second = np.zeros(layer.outputs * layer.units * layer.taps, bool)
        second[mask.kept[2 * layer.number + 1]] = True
        by_unit = second.reshape(layer.outputs, layer.units, layer.taps).transpose(1, 0, 2).reshape(layer.units, -1)
        kept = np.isin(np.arange(layer.units), rows)
        assert by_unit[kept].all() and not by_unit[~kept].any()
        signs = plan.source.entries(2 * layer.number, rows, columns)
        positive_only = (columns == layer.inputs) | (not layer.signed)
        assert (signs[positive_only] > 0).all()


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("domain", [LEFT, BOTH])
def test_filters_are_kept_whole_or_removed(bias, domain):
    plan, _, mask = solved(picture_net(bias), domain=domain)
    check_structured(plan, mask)
    assert all(len(kept) > 0 for kept in mask.kept)


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), samples=st.integers(1, 9), bias=st.booleans(), signed=st.booleans())
def test_the_rule_holds_for_any_seed_and_few_samples(seed, samples, bias, signed):
    plan, _, mask = solved(picture_net(bias, seed), seed=seed, samples=samples, domain=BOTH if signed else LEFT)
    check_structured(plan, mask)


def test_removing_single_weights_would_be_noticed():
    plan, _, mask = solved(picture_net())
    broken = replace(mask, kept=(mask.kept[0], mask.kept[1][1:], *mask.kept[2:]))
    with pytest.raises(AssertionError):
        check_structured(plan, broken)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("domain", [LEFT, BOTH])
def test_reported_errors_are_those_of_the_collapsed_ticket(bias, domain):
    target = picture_net(bias)
    plan, pairs, mask = solved(target, domain=domain)
    for layer, pair, made, node in zip(plan.layers, pairs, collapse(plan.source, mask), target.affine, strict=True):
        plus, minus = (unit.reshape(node.weight.shape) * made.unit for unit in (made.plus, made.minus))
        off = np.abs(plus - node.weight)
        if layer.signed:
            off = np.maximum(off, np.abs(minus - node.weight))
        reported, biases = layer_of(pair.weight_errors(), node)
        np.testing.assert_allclose(reported, off, atol=1e-10)
        if node.bias is not None:
            np.testing.assert_allclose(biases, np.abs(made.bias * made.unit - node.bias), atol=1e-10)
            assert pair.weight_errors()[:, -1].sum() == pytest.approx(biases.sum())
        assert (pair.weight_errors() <= 0.05).all()


def naive(ticket: Ticket, target: Network, x: np.ndarray) -> np.ndarray:
    """The masked source with every weight in its place, removed ones 0, pixel by pixel."""
    source, layer = ticket.source, 0
    for node in target.nodes:
        if not isinstance(node, (Conv, Dense)):
            x = node(x)
            continue
        weights = []
        for number in (layer, layer + 1):
            shape = source.layers[number]
            flat = np.zeros(shape.size)
            rows, places = ticket.mask.pairs(number)
            flat[ticket.mask.kept[number]] = source.weights(number, rows, places)
            weights.append(flat.reshape(shape.rows, shape.columns, *shape.kernel))
        (first, second), inputs = weights, node.shape[1]
        geometry = (node.stride, node.padding) if isinstance(node, Conv) else ((1, 1), (0, 0))
        (vertical, horizontal), (above, left) = geometry
        pictures = x if isinstance(node, Conv) else x.reshape(len(x), -1, 1, 1)
        padded = np.pad(pictures, ((0, 0), (0, 0), (above, above), (left, left)))
        ones = np.ones((len(x), source.layers[layer].columns - inputs, *padded.shape[2:]))
        hidden = np.maximum(np.einsum("rc,nchw->nrhw", first[:, :, 0, 0], np.concatenate([padded, ones], axis=1)), 0)
        high, wide = second.shape[2:]
        tall, broad = (hidden.shape[2] - high) // vertical + 1, (hidden.shape[3] - wide) // horizontal + 1
        out = np.empty((len(x), second.shape[0], tall, broad))
        for i in range(tall):
            for j in range(broad):
                window = hidden[:, :, vertical * i : vertical * i + high, horizontal * j : horizontal * j + wide]
                out[:, :, i, j] = np.einsum("nrhw,orhw->no", window, second)
        x = out if isinstance(node, Conv) else out[:, :, 0, 0]
        layer += 2
    return x


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("domain", [LEFT, BOTH])
def test_the_compact_network_computes_what_the_masked_source_computes(bias, domain):
    target = picture_net(bias)
    request = Request(samples=20, objective="within", weight_error=0.1, domain=domain)
    ticket = approximate(target, request, "dacunha2023").ticket
    small = ticket.to_network(target)
    x = np.random.default_rng(1).uniform(float(domain.lo), 1, (50, 2, 5, 5))
    np.testing.assert_allclose(small(x), naive(ticket, target, x), rtol=0, atol=1e-9)
    assert np.abs(small(x) - target(x)).max() <= ticket.claim.eps
    kept = [len(np.unique(ticket.mask.pairs(number)[0])) for number in (0, 2)]
    assert [small.affine[number].shape[0] for number in (0, 2)] <= kept
    assert all(layer.weight.all() for layer in small.affine[1::2])  # dense: no zero is stored


def test_a_trained_convolution_becomes_a_structured_ticket(figure):
    ticket, target = edge_ticket(), read(ROOT / "examples" / "edge.safetensors").network
    rows, _ = ticket.mask.pairs(0)
    assert set(np.bincount(ticket.mask.kept[1] // 9, minlength=ticket.source.layers[0].rows).tolist()) == {0, 9}
    assert len(ticket.missed) == 0 and len(ticket.mask.kept[1]) == 9 * len(rows)
    small = ticket.to_network(target)
    x = np.random.default_rng(2).random((20, 1, 8, 8))
    np.testing.assert_allclose(small(x), naive(ticket, target, x), rtol=0, atol=1e-9)
    off = max(float(np.abs(made.plus[0] * made.unit - target.affine[0].weight[0]).max()) for made in ticket.layers)
    assert off <= 0.01
    figure("structured ticket of a 3x3 kernel", f"entries within {off:.4f}, eps {ticket.claim.eps:.4f}")


def test_the_same_wish_gives_the_same_ticket_on_any_number_of_threads():
    tickets = [
        approximate(picture_net(), Request(samples=30, objective="closest", threads=threads), "dacunha2023").ticket
        for threads in (1, 2)
    ]
    for first, second in zip(*(ticket.mask.kept for ticket in tickets), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_further_round_solves_only_what_is_not_within_tolerance():
    target = picture_net()
    plan, pairs, _ = solved(target)
    errors = pairs[1].weight_errors()
    limits = np.full(errors.shape, 1.001 * np.median(errors.max(axis=0)))
    asked = []

    class Counting:
        def choose(self, values, targets, tolerances, progress=None):
            asked.append(len(values))
            return plan.gadget.choose(values, targets, tolerances, progress)

    again = solve_filters(replace(plan, gadget=Counting()), plan.layers[1], target.affine[1], limits, pairs[1])
    fine = (errors <= limits).all(axis=0)
    columns = np.array([column for column, _ in plan.layers[1].slots])
    np.testing.assert_array_equal(again.chosen[fine[columns]], pairs[1].chosen[fine[columns]])
    assert 0 < sum(asked) == (~fine).sum() < len(fine)
    assert (again.chosen[~fine[columns]] != pairs[1].chosen[~fine[columns]]).any()
    assert (again.weight_errors() <= limits).all()


def test_nothing_is_chosen_where_that_is_as_close():
    values = np.full((2, 3, 2), 1000)
    chosen, errors = VectorSum("closest").choose(values, np.array([[0, 0], [1, -2]]), None)
    assert not chosen.any()
    assert errors.tolist() == [0, 2]


def test_zero_weights_cost_no_filter():
    weight = np.zeros((2, 3), np.float32)
    weight[:, 1] = 0.3, -0.2
    plan, pairs, mask = solved(Network((Dense(weight),), (3,)), domain=BOTH)
    assert set(mask.pairs(0)[1].tolist()) == {1}
    check_structured(plan, mask)
    assert (pairs[0].weight_errors()[:, [0, 2]] == 0).all()


def test_automatic_widths_differ_from_layer_to_layer_and_reach_the_tolerance():
    target = picture_net()
    heard: list[str] = []
    request = Request(weight_error=0.1, objective="within", seed=3)
    made = approximate(target, request, "dacunha2023", say=heard.append)
    layers = made.ticket.source.layers
    assert layers[0].rows != layers[2].rows and "layer by layer" in " ".join(heard)
    assert len(made.ticket.missed) == 0 and made.max_weight_error <= 0.1
    widths = ",".join(str(n) for n in (40, 12))
    fixed = approximate(target, request, "dacunha2023", options={"widths": widths}).ticket
    assert [fixed.source.layers[k].rows for k in (0, 2)] == [2 * 40 * 2 + 2 * 20, 2 * 12 * 18 + 2 * 12]


def test_smaller_tolerances_take_more_filters():
    slices = Slices.of(picture_net().affine[1], law("normal"))
    gadget = VectorSum("within", KList(width=2**10))
    needed = [samples_for(slices, gadget, tolerance, 2) for tolerance in (0.1, 0.01)]
    assert needed[0] < needed[1]


def test_scales_follow_the_weights():
    node = picture_net().affine[1]
    small, large = (Slices.of(Dense(node.weight * np.float32(factor)), law("normal")) for factor in (1, 64))
    assert large.scale(40) == 64 * small.scale(40)
    assert small.scale(400) < small.scale(10)
    assert Slices.of(Dense(np.zeros((1, 1), np.float32)), law("normal")).scale(8) == 1


def test_missed_entries_are_named():
    target = picture_net()
    made = approximate(target, Request(samples=4, weight_error=1e-4, objective="within"), "dacunha2023")
    entries = {
        tuple(entry): error
        for entry, error in zip(made.ticket.missed.entries.tolist(), made.ticket.missed.errors, strict=True)
    }
    reported = [layer_of(errors, node) for errors, node in zip(made.weight_errors, target.affine, strict=True)]
    off = sum(int((part > 1e-4).sum()) for pair in reported for part in pair if part is not None)
    assert len(entries) == off > 0
    assert entries[0, 1, 3] == reported[0][0][1].reshape(-1)[3]
    assert entries[1, 2, 18] == reported[1][1][2]


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ((Pool("max", (2, 2), (2, 2)),), "max pooling.*dacunha2022"),
        ((Activation("tanh"),), "tanh.*burkholz2022"),
    ],
)
def test_refuses_what_the_theorem_has_not(nodes, words):
    conv = Conv(np.ones((1, 1, 2, 2), np.float32))
    with pytest.raises(BadInput, match=words):
        theorems.get("dacunha2023")().check(Network((conv, *nodes), (1, 6, 6)))


def test_refuses_long_vectors_and_odd_widths():
    rule = theorems.get("dacunha2023")
    with pytest.raises(BadInput, match="layer 0 needs sums of vectors with 200 entries"):
        rule().check(Network((Dense(np.ones((200, 2), np.float32)),), (2,)))
    for widths in ("4", "4,x", "4,0", "4,5,6"):
        with pytest.raises(BadInput, match="option widths must be 2 numbers"):
            rule(widths=widths).check(picture_net())
    with pytest.raises(BadInput, match="fixes in advance"):
        rule().plan(picture_net(), Request(law="normal", assignment="traded"), 4)
