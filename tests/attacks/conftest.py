"""A small target with its ticket; the support modules of this folder are imported by name."""

import sys
from pathlib import Path

import numpy as np
import pytest

from slth.core.network import Activation, Dense, Network
from slth.interop.targets import write_target

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def target(tmp_path_factory) -> Path:
    """A network of which the ticket is found in a moment."""
    rng = np.random.default_rng(0)
    layers = [
        Dense(rng.normal(size=shape).astype(np.float32), rng.normal(size=shape[0]).astype(np.float32))
        for shape in ((12, 8), (3, 12))
    ]
    path = tmp_path_factory.mktemp("target") / "net.safetensors"
    write_target(Network((layers[0], Activation(), layers[1]), (8,)), path)
    return path


@pytest.fixture(scope="session")
def ticket(target) -> Path:
    """Its ticket."""
    from processes import run

    path = target.with_name("net.slth")
    assert run("approximate", "--target", target, "-o", path).code == 0
    return path
