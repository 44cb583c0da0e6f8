"""Removing what silent outputs fed leaves the network's function as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from drawn_found import architectures, found_tickets
from hypothesis import given, reject
from hypothesis import strategies as st

from slth.core.architecture import Architecture, Norm, Slot
from slth.core.errors import BadInput
from slth.core.mask import Mask
from slth.core.nodes import Activation, Add, Flatten, Pool
from slth.search.slices import without_silent


@st.composite
def fitting(draw):
    """Architectures whose windows fit."""
    try:
        return draw(architectures())
    except BadInput:
        reject()


def rows_alive(mask: Mask, layer: int) -> np.ndarray:
    rows, width = mask.shapes[layer]
    return np.bincount(mask.kept[layer] // width, minlength=rows) > 0


def structured(ticket, rng, chance: float):
    """The ticket with whole rows removed, and statistics 0 and 1 for silent outputs, as searches leave them."""
    mask = ticket.mask
    kept = []
    for (rows, width), entries in zip(mask.shapes, mask.kept, strict=True):
        alive = rng.random(rows) < chance
        kept.append(entries[alive[entries // width]])
    places = [np.isin(old, new) for old, new in zip(mask.kept, kept, strict=True)]
    signs = tuple(array[at] for array, at in zip(mask.signs, places, strict=False))
    draws = tuple(array[at] for array, at in zip(mask.draws, places, strict=False))
    cut = replace(mask, kept=tuple(kept), signs=signs, draws=draws)
    final = without_silent(ticket.architecture, cut)
    statistics = []
    for slot, (mean, variance) in zip(ticket.architecture.normed, ticket.statistics, strict=True):
        alive = rows_alive(final, slot)
        statistics.append((np.where(alive, mean, 0).astype("f4"), np.where(alive, variance, 1).astype("f4")))
    return replace(ticket, mask=cut, statistics=tuple(statistics)), final


@given(found_tickets(fitting()), st.integers(0, 999), st.sampled_from([0.2, 0.5, 0.8]))
def test_the_function_stays(ticket, seed, chance):
    rng = np.random.default_rng(seed)
    before, mask = structured(ticket, rng, chance)
    after = replace(before, mask=mask)
    for old, new in zip(before.mask.kept, mask.kept, strict=True):
        assert np.isin(new, old).all()
    for name in ("signs", "draws"):
        for layer, values in enumerate(getattr(mask, name)):
            old = dict(zip(before.mask.kept[layer], getattr(before.mask, name)[layer], strict=True))
            assert [old[entry] for entry in mask.kept[layer]] == values.tolist()
    x = rng.standard_normal((4, *ticket.architecture.input_shape))
    if before.values == "binary":  # whose alpha is the mean over what is kept
        before, after = replace(before, values="weight"), replace(after, values="weight")
    wanted, found = before.network(x), after.network(x)
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(wanted).max()))
    twice = without_silent(ticket.architecture, mask)
    assert all(map(np.array_equal, twice.kept, mask.kept)), "idempotent"
    assert all(map(np.array_equal, twice.signs, mask.signs)) and all(map(np.array_equal, twice.draws, mask.draws))


@given(found_tickets(fitting()))
def test_nothing_is_removed_where_every_row_is_alive(ticket):
    mask = ticket.mask
    if all(rows_alive(mask, layer).all() for layer in range(len(mask.shapes) - 1)):
        assert all(map(np.array_equal, without_silent(ticket.architecture, mask).kept, mask.kept))


def full(architecture: Architecture, removed: dict[int, list[int]]) -> Mask:
    """All entries but those of some rows."""
    shapes, kept = [], []
    for number, slot in enumerate(architecture.slots):
        width = slot.size // slot.rows
        shapes.append((slot.rows, width))
        entries = np.arange(slot.size)
        kept.append(entries[~np.isin(entries // width, removed.get(number, []))])
    return Mask(tuple(shapes), tuple(kept))


def test_what_goes_exactly():
    nodes = (
        Slot(3, 1, (3, 3)),
        Norm(),
        Activation(),
        Slot(2, 3, (1, 1)),
        Activation(),
        Flatten(),
        Slot(2, 8, bias=True),
    )
    architecture = Architecture(nodes, (1, 4, 4))
    mask = without_silent(architecture, full(architecture, {0: [1], 1: [0]}))
    assert mask.kept[1].tolist() == [3, 5]
    assert mask.kept[2].tolist() == [4, 5, 6, 7, 8, 13, 14, 15, 16, 17]  # channel 1 of 2 x 2, and the bias


def test_signs_and_draws_stay_with_their_entries():
    architecture = Architecture((Flatten(), Slot(2, 4), Activation(), Slot(3, 2)), (1, 2, 2))
    mask = full(architecture, {0: [0]})
    signs = (np.array([1, -1, 1, 1]), np.array([1, -1, 1, 1, -1, -1]))
    draws = (np.arange(4), np.arange(10, 16))
    left = without_silent(architecture, replace(mask, signs=signs, draws=draws))
    assert left.kept[1].tolist() == [1, 3, 5]
    assert left.signs[1].tolist() == [-1, 1, -1] and left.draws[1].tolist() == [11, 13, 15]
    assert left.signs[0].tolist() == signs[0].tolist() and left.draws[0].tolist() == draws[0].tolist()


def test_a_dense_layer_that_flattens_on_its_own():
    architecture = Architecture((Slot(2, 1, (3, 3)), Activation(), Slot(2, 8, bias=True)), (1, 4, 4))
    mask = without_silent(architecture, full(architecture, {0: [0]}))
    assert mask.kept[1].tolist() == [4, 5, 6, 7, 8, 13, 14, 15, 16, 17]


def test_sums_are_silent_where_both_are():
    nodes = (Slot(2, 1, (1, 1)), Slot(2, 2, (1, 1)), Add(), Pool("mean", (2, 2), (2, 2)), Slot(1, 2, (1, 1)), Flatten())
    architecture = Architecture(nodes, (1, 2, 2), ((-1,), (0,), (0, 1), (2,), (3,), (4,)))
    one = without_silent(architecture, full(architecture, {1: [0]}))
    assert one.kept[2].tolist() == [0, 1]
    both = without_silent(architecture, full(architecture, {0: [0], 1: [0]}))
    assert both.kept[1].tolist() == [3] and both.kept[2].tolist() == [1]


def test_sigmoids_are_never_silent():
    for kind, left in (("relu", 1), ("tanh", 1), ("sigmoid", 2)):
        architecture = Architecture((Flatten(), Slot(2, 4), Activation(kind), Slot(1, 2)), (1, 2, 2))
        assert len(without_silent(architecture, full(architecture, {1: [], 0: [0]})).kept[1]) == left


def test_everything_silent():
    architecture = Architecture((Flatten(), Slot(2, 4), Activation(), Slot(2, 2), Activation(), Slot(2, 2)), (1, 2, 2))
    mask = without_silent(architecture, full(architecture, {0: [0, 1]}))
    assert [len(kept) for kept in mask.kept] == [0, 0, 0]
