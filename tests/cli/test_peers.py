"""Each integer-programming peer builds a whole ticket of the small shipped network, and both checkers prove it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

IRIS = Path(__file__).resolve().parents[2] / "examples" / "iris.pt"
WISH = ("--domain", "box:0:1", "--samples", "12", "--objective", "closest")


@pytest.mark.parametrize("solver", ["cbc", "cpsat", "highs"])
def test_a_whole_ticket_by_a_peer(slth, tmp_path, solver):
    errors = []
    for name in ("meet", solver):
        path = tmp_path / f"{name}.slth"
        made = slth("approximate", "--target", IRIS, "-o", path, *WISH, "--solver", name, "--json")
        assert made.code == 0
        errors.append(json.loads(made.out)["max_weight_error"])
        proved = slth("verify", path, "--target", IRIS, "--exact", "--attack", 0, "--json")
        assert json.loads(proved.out)["verdict"] == "PROVED"
    assert errors[1] >= errors[0] * (1 - 1e-12)
