"""The domains of options: read exactly, enclosed outward."""

import random
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tiny_ticket import random_ticket

from slth.verify.documents import read_ticket
from slth.verify.domain import Domain, claimed, number, optional
from slth.verify.fixed import BadInput, F

WIDE = Domain("wide", [], (Fraction(-9), Fraction(9)))
UNIT = Domain("unit", [], (Fraction(0), Fraction(1)))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("0.1", Fraction(1, 10)),
        ("1e-6", Fraction(1, 10**6)),
        ("-3", Fraction(-3)),
        ("22/7", Fraction(22, 7)),
        ("0x1.8p-3", Fraction(3, 16)),
        ("2.", Fraction(2)),
    ],
)
def test_numbers_are_exact(word: str, value: Fraction) -> None:
    assert number(word) == value


@pytest.mark.parametrize("word", ["", "x", "1/0", "nan", "inf", "1_0", " 1", "1e9999", "0x", "\u0661", "1e", "--1"])
def test_what_is_no_number(word: str) -> None:
    with pytest.raises(BadInput):
        number(word)


def test_box() -> None:
    domain = optional("box:-1/3:0.1", 2, WIDE)
    (low, high), ball = domain.regions[0]
    assert ball is None
    assert low == [-(2**F) // 3] * 2
    assert high == [-(-(2**F) // 10)] * 2


def centres(path: Path, array: np.ndarray) -> str:
    np.save(path, array)
    return str(path)


def test_balls_are_clipped_to_the_claims_box_and_rounded_outward(tmp_path: Path) -> None:
    array = np.array([[[0.1, 0.95]], [[0.5, 0.0]]], np.float32)
    path = centres(tmp_path / "c:1.npy", array)
    domain = optional(f"ball:{path}:0.1", 2, UNIT)
    assert len(domain.regions) == 2
    assert "[0, 1]" in domain.words
    for region, row in zip(domain.regions, array.reshape(2, 2), strict=True):
        for low, high, value in zip(*region.box, row.tolist(), strict=True):
            true = (
                max(Fraction(value) - Fraction(1, 10), Fraction(0)),
                min(Fraction(value) + Fraction(1, 10), Fraction(1)),
            )
            assert 0 <= true[0] - Fraction(low, 2**F) < Fraction(3, 2**F)
            assert 0 <= Fraction(high, 2**F) - true[1] < Fraction(3, 2**F)
    assert all(region.ball is None for region in domain.regions)
    wide = optional(f"ball:{path}:0.1", 2, WIDE).regions[1]
    assert wide.box[0][1] < 0


def test_l2_balls_hold_the_true_ball(tmp_path: Path) -> None:
    path = centres(tmp_path / "c.npy", np.array([0.1, 0.7, 0.3]))
    region = optional(f"ball:{path}:1/3:l2", 3, UNIT).regions[0]
    assert region.ball is not None
    centre, radius = region.ball
    shift = sum((Fraction(c, 2**F) - Fraction(v)) ** 2 for c, v in zip(centre, (0.1, 0.7, 0.3), strict=True))
    assert (Fraction(radius, 2**F) - Fraction(1, 3)) ** 2 >= shift
    assert Fraction(radius, 2**F) < Fraction(1, 3) + Fraction(1, 2**80)


def test_hull(tmp_path: Path) -> None:
    path = centres(tmp_path / "c.npy", np.array([[0.1, 0.7], [0.3, -0.5]]))
    (low, high), _ = optional(f"hull:{path}", 2, UNIT).regions[0]
    for found, value in zip(low + high, (0.1, -0.5, 0.3, 0.7), strict=True):
        assert abs(Fraction(found, 2**F) - Fraction(value)) < Fraction(1, 2**F)


@pytest.mark.parametrize(
    "option",
    ["", "box", "box:0", "box:1:0", "box:0:1:2", "ball:x", "sphere:0:1", "hull:", "ball:missing.npy:0.1", "ball::1"],
)
def test_bad_options(option: str) -> None:
    with pytest.raises((BadInput, FileNotFoundError)):
        optional(option, 2, UNIT)


def test_bad_arrays(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    good = np.array([[0.5, 0.5]])
    for array in (good.astype(np.int64), good.astype(">f8"), np.asfortranarray(np.ones((3, 2))), np.ones((1, 3))):
        with pytest.raises(BadInput):
            optional(f"ball:{centres(path, array)}:0.1", 2, UNIT)
    for array in (np.array([[np.nan, 0.5]]), np.array([[np.inf, 0.5]]), np.array([[1.5, 0.5]]), np.ones((0, 2))):
        with pytest.raises(BadInput):
            optional(f"ball:{centres(path, array)}:0.1", 2, UNIT)
    np.save(path, good)
    data = path.read_bytes()
    for bad in (
        b"",
        data[:20],
        data[:-1],
        b"x" + data[1:],
        data.replace(b"<f8", b"|O "),
        data[:6] + b"\x02" + data[7:],
    ):
        path.write_bytes(bad)
        with pytest.raises(BadInput):
            optional(f"ball:{path}:0.1", 2, UNIT)
    with pytest.raises(BadInput):
        optional(f"ball:{centres(path, good)}:-0.1", 2, UNIT)


def test_claims_of_every_kind_contain_their_points(tmp_path: Path) -> None:
    from segment_oracle import random_point

    draw = random.Random(4)
    for _ in range(40):
        ticket = random_ticket(draw, "sign/1", 0.1)
        inputs = len(ticket.target.weights[0][0])
        domain = claimed(read_ticket(str(ticket.write(tmp_path / "k"))), inputs)
        balls = ticket.extra["domain.centres"][1][0] if ticket.domain["kind"] == "ball" else 1
        assert len(domain.regions) == balls
        for i, region in enumerate(domain.regions):
            x = [v * 2**F for v in random_point(ticket, draw, i)]
            assert all(p <= v <= q for p, v, q in zip(region.box[0], x, region.box[1], strict=True))
            if region.ball is not None:
                assert sum((v - c) ** 2 for v, c in zip(x, region.ball[0], strict=True)) <= region.ball[1] ** 2


def test_the_header_of_an_array_is_no_program(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, __import__('os').getpid()), }\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(16))
    with pytest.raises(BadInput):
        optional(f"ball:{path}:0.1", 2, UNIT)
