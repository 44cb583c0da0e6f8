"""Every published formula: complete, vectorised, monotone, and no sufficient number below a necessary one."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import density
from slth.theory.bounds.catalogue import GIVES, OF, SEEN, SIDES, SURE, Formula, catalogue, formula, papers
from slth.theory.bounds.papers import (
    burkholz2022,
    dacunha2022,
    dacunha2023,
    dacunha2023esa,
    ferre2026,
    kumar2025,
    lueker1998,
    malach2020,
    natale2024,
    pensia2020,
)
from slth.theory.bounds.vocabulary import VOCABULARY, checked

ENTRIES = list(catalogue())
NAMES = [f"{entry.key}.{entry.name}" for entry in ENTRIES]
USUAL = {"eps": 0.02, "delta": 0.03, "share": 0.3, "precision": 2.0**-6, "layers": 3.0, "layer": 1.0, "alpha": 8.0}
USUAL |= {"heads": 4.0, "side": 3.0, "n": 30.0, "width": 20.0, "parameters": 900.0, "d_in": 8.0, "d_out": 6.0}
USUAL |= {"c_in": 2.0, "weights": 12.0, "c_out": 3.0, "dims": 4.0, "basis": 9.0}
WANTED = {  # one line for every row of the working list that names a bound
    "lueker1998": {"samples"},
    "dacunha2023esa": {"samples", "chance"},
    "pensia2020": {"samples", "units", "layers", "parameters"},
    "dacunha2023": {"samples", "filters", "layers"},
    "becchetti2022": {"samples"},
    "dacunha2022": {"samples", "units", "layers", "parameters"},
    "burkholz2022": {"samples", "units", "layers", "parameters", "tolerance"},
    "malach2020": {"samples", "units", "layers", "parameters"},
    "orseau2020": {"samples", "units", "layers"},
    "natale2024": {"samples", "units", "layers", "parameters", "ratio"},
    "sreenivasan2022": {"units", "layers"},
    "kumar2025": {"samples", "units", "layers", "parameters"},
    "otsuka2025": {"units"},
    "ferre2026": {"units"},
}


def value(entry, **changed):
    """A formula at usual numbers, some of them changed."""
    return entry.rule(**{name: USUAL[name] for name in entry.needed} | changed)


def test_every_paper_of_the_list_has_its_formulas():
    for key, gives in WANTED.items():
        assert gives <= {entry.formula.gives for entry in catalogue(key)}, key
    for key in ("pensia2020", "dacunha2022", "dacunha2023", "natale2024", "kumar2025", "ferre2026", "lueker1998"):
        assert {entry.formula.side for entry in catalogue(key)} == set(SIDES), key
    assert set(papers()) >= set(WANTED)


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_metadata_is_whole(entry):
    known = entry.formula
    for text in (known.text, known.printed, known.assumes):
        assert text
        assert "\n" not in text
        assert not text.endswith(".")
    assert known.gives in GIVES
    assert known.of in OF
    assert known.of == "network" or not {"layers", "parameters"} & set(entry.needed)
    assert known.sure in SURE
    assert known.seen in SEEN
    assert set(entry.needed) | set(entry.optional) <= set(VOCABULARY)
    for name in entry.needed:  # the formula speaks of what it is given
        assert name in known.text or name in ("layers", "layer", "eps", "delta"), (name, known.text)
    if "constant" in entry.optional:
        assert known.sure == "order only"
        assert entry.optional["constant"] == 1.0
    if known.sure == "order only":
        assert "constant" in entry.optional
    assert known.assumes in entry.rule.__doc__
    assert ">>>" in entry.rule.__doc__


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_arrays_are_numbers_side_by_side(entry):
    rng = np.random.default_rng(3)
    given_ = {}
    for name in entry.needed:
        spread = rng.uniform(0.5, 1.0, (3, 1) if name == entry.needed[0] else (1, 4))
        given_[name] = np.maximum(USUAL[name] * spread, VOCABULARY[name].low)
    table = entry.rule(**given_)
    assert table.dtype == np.float64
    assert table.shape == np.broadcast_shapes(*(array.shape for array in given_.values()))
    for place in np.ndindex(table.shape):
        one = {name: float(np.broadcast_to(array, table.shape)[place]) for name, array in given_.items()}
        assert entry.rule(**one) == pytest.approx(table[place], rel=1e-12)


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
@pytest.mark.parametrize("name", ["eps", "delta", "precision"])
def test_less_error_needs_more(entry, name):
    """Smaller eps, delta or precision never needs fewer; a tolerance only shrinks, a chance of failure only grows."""
    if name not in entry.needed:
        return
    steps = np.geomspace(1e-6, 0.05, 25)
    found = value(entry, **{name: steps})
    falling = np.diff(found) <= 1e-9 * np.abs(found[1:])
    assert falling.all() if entry.formula.gives != "tolerance" else (np.diff(found) > 0).all()


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_order_only_constants_scale(entry):
    if "constant" not in entry.optional or entry.formula.gives == "chance":
        return
    one, two = (float(value(entry, constant=c)) for c in (1.0, 2.0))
    assert two > one


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_numbers_out_of_range_are_refused_in_one_line(entry):
    for name in entry.needed:
        for wrong in (0.0, -1.0, math.nan, math.inf, "much", None):
            with pytest.raises(BadInput) as caught:
                value(entry, **{name: wrong})
            assert name in str(caught.value)
            assert "\n" not in str(caught.value)


@given(st.floats(1e-9, 0.49), st.floats(1e-9, 0.5), st.integers(1, 60), st.integers(1, 60))
def test_what_suffices_is_never_less_than_what_is_necessary(eps, delta, d_in, d_out):
    """Same unit, same class of targets. Constants that are missing are 1: with ln for log2, C >= 1/ln 2 makes up."""
    bits = 1 / math.log(2)
    assert lueker1998.required_samples(eps, delta, constant=bits) >= lueker1998.lower_bound(eps)
    assert dacunha2023esa.required_samples(eps, delta, constant=bits) >= lueker1998.lower_bound(eps)
    assert pensia2020.required_parameters(d_in, d_out, 1, eps, constant=bits) >= pensia2020.lower_bound(
        d_in, d_out, eps
    )
    sides = (3, d_in, d_out)
    parameters = dacunha2022.required_parameters(9 * d_in * d_out, 1, eps, delta, constant=bits)
    assert parameters >= dacunha2022.lower_bound(*sides, eps)
    assert dacunha2023.required_width(*sides, 1, eps) >= dacunha2023.lower_bound(*sides, eps)
    units = malach2020.required_samples(eps, min(delta, 0.1))
    assert units >= pensia2020.required_samples(eps) or eps > 0.3


@given(st.floats(1e-9, 0.06), st.floats(0.01, 0.5), st.integers(2, 200))
def test_sparse_tickets_need_at_least_what_is_necessary(eps, share, width):
    ratio = natale2024.overparameterisation(width, 1, share, eps)
    assert ratio * width**2 >= natale2024.lower_bound(width, share, eps)


@given(st.integers(1, 12), st.integers(1, 500))
def test_quantised_networks_need_at_least_what_is_necessary(octave, width):
    grid = 2.0**-octave
    units = kumar2025.required_width(width, grid, constant=2.0)
    assert 2 * width * units >= kumar2025.lower_bound(width, grid)


@given(st.floats(1e-4, 0.9), st.floats(1e-9, 0.1), st.floats(0.5, 20), st.sampled_from([1, 2]))
def test_samples_of_a_fixed_share_solve_their_equation(share, eps, constant, power):
    rule = natale2024.required_samples if power == 1 else natale2024.required_samples_of_all_targets
    n = float(rule(share, eps, constant=constant))
    right = constant * math.log2(share * n / eps) ** power / density.binary_entropy(share) if share * n > eps else 0
    assert n == pytest.approx(right, rel=1e-6) or (n == 1.0 and right <= 1)


def test_networks_of_a_fixed_share():
    n = natale2024.required_samples_of_all_targets(0.3, 0.01 / (2 * 3 * 50**2))
    assert natale2024.overparameterisation(50, 3, 0.3, 0.01) == pytest.approx(4 * n)
    assert natale2024.required_width(50, 50, 3, 0.3, 0.01) == pytest.approx(100 * n)
    assert natale2024.required_samples_of_equivariant(50, 3, 1, 0.3, 0.01) == pytest.approx(n)
    least = float(natale2024.lower_bound(50, 0.3, 0.01))
    assert least == pytest.approx(50**2 / 2 * math.log2(0.3 * least / 0.01) / density.binary_entropy(0.3))
    with pytest.raises(BadInput):
        natale2024.lower_bound(10, 0.5, 0.0625)
    with pytest.raises(BadInput):
        natale2024.lower_bound(10, 0.9, 0.01)


def test_structured_orders_scale_as_stated():
    def n(side, c_out, eps):
        return float(dacunha2023.required_width(side, 1, c_out, 1, eps, side_power=13.0, channel_power=6.0))

    assert n(3, 1, 9 * 0.01) / n(1, 1, 0.01) == pytest.approx(3.0**13)
    assert n(1, 2, 2 * 0.01) / n(1, 1, 0.01) == pytest.approx(2.0**6)
    assert dacunha2023.required_samples(2, 0.02) / dacunha2023.required_samples(1, 0.01) == pytest.approx(64)


@given(st.integers(1, 30), st.floats(1e-6, 0.9), st.floats(0.01, 3), st.floats(0, 3))
def test_the_hardest_layer_of_burkholz_is_the_one_that_is_taken(layers, eps, norm, size):
    each = burkholz2022.weight_tolerance(layers, np.arange(1, layers + 1), eps, norm=norm, size=size)
    hardest = burkholz2022._smallest(float(layers), eps, norm, size)
    assert float(hardest) == pytest.approx(float(each.min()), rel=1e-9)


def test_neuron_removal_is_exponentially_worse():
    eps = np.geomspace(1e-8, 1e-2, 7)
    assert (np.diff(ferre2026.lower_bound(eps) / ferre2026.required_width(eps)) < 0).all()


def test_results_beyond_float64_are_infinite():
    assert dacunha2023.required_width(1e30, 1, 1e30, 1, 0.01) == math.inf


def test_a_formula_is_checked_when_it_is_written():
    words = {"gives": "samples", "of": "sum", "side": "sufficient", "sure": "order only", "seen": "memory"}
    for name in words:
        with pytest.raises(BadInput, match=name):
            formula("x", printed="nowhere", assumes="nothing", **words | {name: "perhaps"})
    assert Formula("x", **words, printed="Theorem 1", assumes="nothing").source == "Theorem 1 (from memory)"
    with pytest.raises(BadInput, match="no parameter"):
        checked("epsilon", 0.1)
    with pytest.raises(BadInput, match="nobody"):
        list(catalogue("nobody"))


def test_the_catalogue_is_in_the_order_of_the_files():
    assert [entry.key for entry in ENTRIES] == sorted(entry.key for entry in ENTRIES)
    for key in papers():
        own = [entry for entry in ENTRIES if entry.key == key]
        assert own, f"{key} has no formula"
        lines = [inspect.getsourcelines(inspect.unwrap(entry.rule))[1] for entry in own]
        assert lines == sorted(lines)
