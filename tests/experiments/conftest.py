"""Quick disks, and a measure of which everything is known; support modules are imported by name."""

import os
import sys
from pathlib import Path

import pytest

FOLDERS = (Path(__file__).parent, Path(__file__).parents[1] / "attacks")
sys.path[:0] = [str(folder) for folder in FOLDERS if str(folder) not in sys.path]


@pytest.fixture(autouse=True)
def no_power_cut(monkeypatch):
    """Hundreds of small files are not flushed one by one, in this process."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def coin(monkeypatch):
    """The measure "coin", registered for one test."""
    from coins import Coin

    from slth.experiments import verdicts
    from slth.experiments.measure import measures

    verdicts._said.cache_clear()
    measures.names()
    monkeypatch.setitem(measures._classes, "coin", Coin)
    return Coin
