"""--arch and --input in every command that reads a network."""

from __future__ import annotations

import json

import numpy as np
import pytest

from slth.interop.safetensors import write_container

TEXT = "conv 2 3x3; relu; globalpool; flatten; dense 3"


@pytest.fixture
def pictures(tmp_path):
    """A small network of pictures of unsaid size."""
    rng = np.random.default_rng(0)
    shapes = {"c.weight": (2, 1, 3, 3), "f.weight": (3, 2)}
    path = tmp_path / "net.safetensors"
    write_container(path, {}, {k: rng.standard_normal(shape).astype(np.float32) for k, shape in shapes.items()})
    return path


def test_convert_and_inspect(tmp_path, pictures, slth):
    made = tmp_path / "target.safetensors"
    assert slth("convert", pictures, made, "--arch", TEXT, "--input", "1x6x5").code == 0
    found = json.loads(slth("inspect", made, "--json").out)
    assert found["architecture"] == "1x6x5; conv 2 3x3; relu; meanpool 4x3; flatten; dense 3"
    asked = json.loads(slth("inspect", pictures, "--arch", TEXT, "--input", "1x6x5", "--json").out)
    assert asked["digest"] == found["digest"]
    slth("inspect", pictures, "--arch", f"1x6x5; {TEXT}").out.index(found["digest"])


def test_what_is_not_said_is_asked_for(tmp_path, pictures, slth):
    done = slth("convert", pictures, tmp_path / "target.safetensors", "--arch", TEXT)
    assert done.code == 2 and "pass --input, for example --input 1x32x32" in done.err
    done = slth("convert", pictures, tmp_path / "target.safetensors")
    assert (
        done.code == 2
        and '--arch "1x28x28; conv 2 3x3 same; relu; maxpool 2; globalpool; flatten; dense 3"' in done.err
    )


@pytest.mark.parametrize("command", ["approximate", "verify", "export"])
def test_every_command_hears_the_input_shape(tmp_path, pictures, slth, command):
    more = {"approximate": [], "verify": [pictures], "export": [pictures, "--to", tmp_path / "x.pt"]}[command]
    done = slth(command, *more, "--target", pictures, "--arch", TEXT, "--input", "1x2x2")
    assert done.code == 2 and ("pictures of (2, 2) arrive" in done.err or "not a ticket" in done.err)
