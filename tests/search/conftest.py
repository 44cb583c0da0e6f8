"""The folder's own modules can be imported, and tests run with one thread: sums then have one order."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

for folder in (Path(__file__).parent, Path(__file__).parents[1] / "interop"):
    sys.path.insert(0, str(folder))


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """More threads add up in other orders."""
    torch.set_num_threads(1)
