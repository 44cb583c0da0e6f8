"""The whole checker against exact suprema on segments: 600 random tickets, every law, encoding and kind of domain."""

import random
from fractions import Fraction
from pathlib import Path

import pytest
from segment_oracle import domain_sup, random_point, trace
from tiny_ticket import TinyTarget, TinyTicket, random_ticket

from slth.verify.bounds import Bound
from slth.verify.collapse import collapse
from slth.verify.documents import read_ticket
from slth.verify.domain import claimed
from slth.verify.fixed import F
from slth.verify.lines import Known
from slth.verify.target import read_target

LAWS = ["uniform/1", "sign/1", "normal/1"]
NOISE = [None, 0.3, 1e-2, 1e-7, 0.0]


def proved_eps(ticket: TinyTicket, folder: Path) -> Fraction:
    target = read_target(str(ticket.target.write(folder / "target")))
    read = read_ticket(str(ticket.write(folder / "ticket")))
    regions = claimed(read, target.inputs).regions
    signed, best = any(min(region.box[0]) < 0 for region in regions), 0
    program, layers = collapse(read, target, signed)
    for region in regions:
        best = Bound(program, layers, region, signed).result(best)
    return Fraction(best, 2**F)


@pytest.mark.parametrize("block", range(30))
def test_the_proved_eps_is_never_below_an_exact_supremum(block: int, tmp_path: Path) -> None:
    for seed in range(20 * block, 20 * block + 20):
        draw = random.Random(seed)
        ticket = random_ticket(draw, LAWS[seed % 3], NOISE[seed % 5])
        eps = proved_eps(ticket, tmp_path)
        assert domain_sup(ticket, draw, 3) <= eps, f"seed {seed}"


@pytest.mark.parametrize("seed", range(60))
def test_the_norms_of_every_layer_hold(seed: int, tmp_path: Path) -> None:
    """R5 alone: |z| and |δz| at points of the domain, with intervals too wide to help and one layer far off."""
    draw = random.Random(seed)
    ticket = random_ticket(draw, LAWS[seed % 3], 0.0)
    far = draw.randrange(len(ticket.target.weights))
    name = f"w{far}"
    dtype, shape, values = ticket.target.tensors[name]
    ticket.target.tensors[name] = (dtype, shape, [draw.choice([v, 1.5, -2.0]) for v in values])
    columns = shape[1]
    flat = ticket.target.tensors[name][2]
    ticket.target.weights[far] = [flat[i : i + columns] for i in range(0, len(flat), columns)]
    target = read_target(str(ticket.target.write(tmp_path / "target")))
    read = read_ticket(str(ticket.write(tmp_path / "ticket")))
    regions = claimed(read, target.inputs).regions
    signed = any(min(region.box[0]) < 0 for region in regions)
    program, layers = collapse(read, target, signed)
    source = ticket.affine()
    for number, region in enumerate(regions):
        bound = Bound(program, layers, region, signed)
        for i, known in enumerate(bound.known):
            wide = [-(1 << 300)] * len(known.z[0]), [1 << 300] * len(known.z[0])
            bound.known[i] = Known(wide, wide, wide)
        for _ in range(3):
            h = g = random_point(ticket, draw, number)
            for i in range(len(layers)):
                z, other = (
                    trace([ticket.target.affine()[i]], h, False)[1],
                    trace(source[2 * i : 2 * i + 2], g, False)[1],
                )
                radius = bound.balls.radii(i)
                assert sum(v * v for v in z) <= Fraction(radius[0], 2**F) ** 2
                assert sum((p - q) ** 2 for p, q in zip(z, other, strict=True)) <= Fraction(radius[1], 2**F) ** 2
                h, g = ([max(v, Fraction(0)) for v in values] for values in (z, other))


def one_layer(draw: random.Random) -> TinyTicket:
    while True:
        ticket = random_ticket(draw, "uniform/1", 1e-3)
        if len(ticket.layers) == 2 and ticket.domain["kind"] == "box" and not ticket.target.trailing_relu:
            return ticket


def test_without_hidden_layers_the_bound_is_exact(tmp_path: Path) -> None:
    """One dense node: R0 alone, so the corners and zeros of the box give the supremum up to rounding."""
    draw = random.Random(5)
    for _ in range(15):
        ticket = one_layer(draw)
        eps = proved_eps(ticket, tmp_path)
        low, high = Fraction(ticket.domain["lo"]), Fraction(ticket.domain["hi"])
        best = Fraction(0)
        values = {low, high} | ({Fraction(0)} if low < 0 < high else set())
        inputs = len(ticket.target.weights[0][0])
        for number in range(len(values) ** inputs):
            digits = [number // len(values) ** j % len(values) for j in range(inputs)]
            x = [sorted(values)[d] for d in digits]
            best = max(best, gap_at(ticket, x))
        assert best <= eps <= best + Fraction(1, 2**35)


def gap_at(ticket: TinyTicket, x: list[Fraction]) -> Fraction:
    from segment_oracle import gap

    return gap(ticket, x)[1]


def perfect(domain: dict[str, str], hidden: float) -> TinyTicket:
    """A sign-law ticket that equals its target exactly: x1 -> relu -> 2 units, for which the claim eps = 0 is true."""
    target = TinyTarget([[[0.0]], [[0.0]]], [None, None])
    one = (1.0).hex()
    layers = [
        {"rows": 2, "columns": 1, "bias": False, "scale": one},
        {"rows": 1, "columns": 2, "bias": False, "scale": one},
        {"rows": 1, "columns": 1, "bias": False, "scale": one},
        {"rows": 1, "columns": 1, "bias": False, "scale": one},
    ]
    for seed in range(1000):
        ticket = TinyTicket(seed, "sign/1", layers, [[0, 1], [0, 1], [0], [0]], target, 0.0, domain)
        (m1, _), (m2, _), (m3, _), (m4, _) = ticket.affine()
        signs = [row[0] for row in m1]
        if sorted(signs) == [-1, 1] and m3[0][0] == 1:
            plus = m2[0][signs.index(Fraction(1))]
            minus = m2[0][signs.index(Fraction(-1))]
            if plus == -minus == 1:  # then V⁺ = V⁻, a linear map
                ticket.target = TinyTarget([[[float(plus)]], [[float(m4[0][0]) + hidden]]], [None, None])
                return ticket
    raise ArithmeticError("no seed fits")


def test_a_perfect_ticket_is_proved_at_zero(tmp_path: Path) -> None:
    for domain in ({"kind": "box", "lo": "-1", "hi": "2"}, {"kind": "box", "lo": "0", "hi": "1/3"}):
        assert proved_eps(perfect(domain, 0.0), tmp_path) == 0


def test_a_nearly_perfect_ticket_is_not(tmp_path: Path) -> None:
    eps = proved_eps(perfect({"kind": "box", "lo": "1", "hi": "2"}, 2.0**-30), tmp_path)
    assert Fraction(2, 2**30) <= eps < Fraction(2, 2**30) + Fraction(1, 2**60)


def test_wide_exponents_lose_little(tmp_path: Path) -> None:
    """Entries from 1e-300 to 1 in one target: the tiny ones are rounded outward, the bound stays useful."""
    ticket = perfect({"kind": "box", "lo": "0", "hi": "1"}, 0.0)
    ticket.target = TinyTarget([[[1.0]], [[5e-324]]], [None, None])
    assert 0 <= proved_eps(ticket, tmp_path) - (1 - Fraction(5e-324)) < Fraction(1, 2**35)
    ticket = perfect({"kind": "box", "lo": "0", "hi": "1"}, 1e300)
    assert abs(proved_eps(ticket, tmp_path) / Fraction(1e300) - 1) < Fraction(1, 2**30)
