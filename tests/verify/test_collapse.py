"""The collapse against the masked source itself, and the claims of `Matrix` and `Layer` about rounding."""

import random
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segment_oracle import trace
from tiny_ticket import TinyTicket, random_ticket

from slth.verify.collapse import collapse
from slth.verify.documents import read_ticket
from slth.verify.fixed import BadInput, F
from slth.verify.lines import COEFFICIENT
from slth.verify.maps import ENTRY, Matrix
from slth.verify.target import read_target

LAWS = ["uniform/1", "sign/1", "normal/1"]


def written(ticket: TinyTicket, folder: Path) -> tuple[str, str]:
    return str(ticket.write(folder / "ticket")), str(ticket.target.write(folder / "target"))


@pytest.mark.parametrize("seed", range(40))
def test_collapse_is_the_masked_source(seed: int, tmp_path: Path) -> None:
    """z and z' of every layer at random points, from the layers and from the definition, up to the stated errors."""
    draw = random.Random(seed)
    ticket = random_ticket(draw, LAWS[seed % 3], 0.1)
    path, target_path = written(ticket, tmp_path)
    target, source = read_target(target_path), ticket.affine()
    x = [Fraction(draw.randint(-50, 50), 10) for _ in range(target.inputs)]
    h = g = x
    for index, made in enumerate(collapse(read_ticket(path), target, True)[1]):
        layer = made.maps("plus" if index else "lifted")
        weights, biases = ticket.target.affine()[index]
        _, true_z = trace([(weights, biases)], h, False)
        _, true_g = trace(source[2 * index : 2 * index + 2], g, False)
        parts = [
            ([max(v, Fraction(0)) for v in p] + [max(-v, Fraction(0)) for v in p] if index == 0 else p) for p in (h, g)
        ]
        difference = [q - p for p, q in zip(*parts, strict=True)]
        for i in range(len(true_z)):
            z = sum((n * v for n, v in zip(layer.W.rows[i], h, strict=True)), Fraction(0)) / 2**layer.W.bits
            slack = layer.W.error * sum(map(abs, h)) / 2**layer.W.bits
            assert Fraction(layer.b[0][i], 2**F) - slack <= true_z[i] - z <= Fraction(layer.b[1][i], 2**F) + slack
            d = sum((n * v for n, v in zip(layer.V.rows[i], difference, strict=True)), Fraction(0)) / 2**layer.V.bits
            d += sum((n * v for n, v in zip(layer.D.rows[i], parts[0], strict=True)), Fraction(0)) / 2**layer.D.bits
            slack = layer.V.error * sum(map(abs, difference)) / 2**layer.V.bits
            slack += layer.D.error * sum(map(abs, parts[0])) / 2**layer.D.bits
            true_d = true_g[i] - true_z[i]
            assert Fraction(layer.e[0][i], 2**F) - slack <= true_d - d <= Fraction(layer.e[1][i], 2**F) + slack
            assert slack < Fraction(1, 2**25)
        h, g = ([max(v, Fraction(0)) for v in values] for values in (true_z, true_g))


@given(
    st.lists(st.lists(st.integers(-(2**100), 2**100), min_size=3, max_size=3), min_size=1, max_size=5),
    st.lists(st.integers(-(2**COEFFICIENT), 2**COEFFICIENT), min_size=5, max_size=5),
    st.integers(0, 2),
)
def test_matrix_rounds_within_its_error_and_combines_exactly(
    rows: list[list[int]], coefficients: list[int], error: int
) -> None:
    m = Matrix.rounded(rows, 50, error)
    scale = Fraction(2) ** (50 - m.bits)
    for row, true in zip(m.rows, rows, strict=True):
        for n, value in zip(row, true, strict=True):
            assert abs(n) <= 2**ENTRY
            lost = abs(n * scale - value) / scale
            assert lost < 1 if m.error > error else lost == 0
    used = coefficients[: len(rows)]
    assert m.combine(used) == [sum(c * row[j] for c, row in zip(used, m.rows, strict=True)) for j in range(3)]


def test_the_widest_combination_fits_its_lanes() -> None:
    m = Matrix([[2**ENTRY, -(2**ENTRY)]] * 127, 0, 0)
    assert m.combine([2**COEFFICIENT] * 127) == [127 * 2 ** (ENTRY + COEFFICIENT), -127 * 2 ** (ENTRY + COEFFICIENT)]


def test_block_rule(tmp_path: Path) -> None:
    ticket = random_ticket(random.Random(1), "uniform/1", 0.1)
    columns = ticket.layers[0]["columns"]
    assert columns > 1
    ticket.kept[0] = [0, 1]
    path, target_path = written(ticket, tmp_path)
    with pytest.raises(BadInput, match="block rule"):
        collapse(read_ticket(path), read_target(target_path), True)


CHANGES = {
    "rows of the second": (1, "rows", 1),
    "columns of the first": (0, "columns", 1),
    "columns of the second": (1, "columns", 1),
    "bias of the first": (0, "bias", None),
    "bias of the second": (1, "bias", None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_shapes_that_do_not_fit_are_refused(name: str, tmp_path: Path) -> None:
    ticket = random_ticket(random.Random(3), "sign/1", 0.1)
    index, key, more = CHANGES[name]
    ticket.layers[index][key] = not ticket.layers[index][key] if more is None else ticket.layers[index][key] + more
    ticket.kept[index] = []
    path, target_path = written(ticket, tmp_path)
    with pytest.raises(BadInput, match=r"layers\[0\]"):
        collapse(read_ticket(path), read_target(target_path), True)


def test_a_missing_pair_is_refused(tmp_path: Path) -> None:
    ticket = random_ticket(random.Random(3), "sign/1", 0.1)
    ticket.layers, ticket.kept, ticket.encodings = ticket.layers[:-1], ticket.kept[:-1], ticket.encodings[:-1]
    path, target_path = written(ticket, tmp_path)
    with pytest.raises(BadInput, match="number of layers"):
        collapse(read_ticket(path), read_target(target_path), True)
