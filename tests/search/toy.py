"""Small data sets, architectures and tasks for tests of the search."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from slth.core.architecture import Architecture
from slth.core.given import Given
from slth.core.network import Activation, Conv, Dense, Flatten, Network, Pool
from slth.core.preprocessing import Preprocessing
from slth.datasets.dataset import Dataset, Split
from slth.search.architectures import architecture_for
from slth.search.find import Found, find
from slth.search.method import method_called, methods
from slth.search.settings import Machine, Training
from slth.search.task import Task, Tensors, Watch

CPU = Machine("cpu")
SHORT = Training(epochs=4, batch=16)
CONV = "conv 4 3x3 same; norm; relu; maxpool 2; flatten; dense 8; relu; dense"
RESIDUAL = (
    "conv 4 3x3 same; norm; relu; save a; conv 4 3x3 same; norm; add a; relu; globalpool; flatten; dense 6; relu; dense"
)
DENSE = "flatten; dense 9; relu; dense 7; relu; dense"
ANYWHERE = [key for key, cls in methods if not cls.given and key != "layerremoval"]
"""Methods that search any random network."""


def toy(count: int = 96, channels: int = 1, side: int = 8, classes: int = 3, tests: int = 41) -> Dataset:
    """Noisy copies of one random picture for each class."""
    rng = np.random.default_rng(5)
    models = rng.integers(0, 256, (classes, channels, side, side))

    def split(size: int) -> Split:
        labels = rng.integers(0, classes, size)
        noise = rng.integers(0, 128, (size, channels, side, side))
        return Split((models[labels] // 2 + noise).astype(np.uint8), labels.astype(np.int64))

    steps = Preprocessing(255, (0.5,) * channels, (0.25,) * channels)
    return Dataset("toy", tuple("abcdefghij"[:classes]), split(count), split(tests), steps)


def shaped(spec: str = CONV, bias: bool = False, channels: int = 1, side: int = 8, classes: int = 3) -> Architecture:
    """An architecture for `toy` pictures."""
    text = f"{channels}x{side}x{side}; {spec}"
    return architecture_for(text, (channels, side, side), classes, bias=bias)


def tensors(data: Dataset, split: Split) -> Tensors:
    """Prepared pictures, on the CPU."""
    return Tensors(
        torch.from_numpy(data.preprocessing(split.images).astype(np.float32)), torch.tensor(split.labels.copy())
    )


def trained(seed: int = 3) -> Network:
    """A network with given weights for `toy` pictures, with biases everywhere."""
    rng = np.random.default_rng(seed)

    def drawn(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) * (2 / np.prod(shape[1:])) ** 0.5).astype(np.float32)

    nodes = (
        Conv(drawn(4, 1, 3, 3), drawn(4), (1, 1), (1, 1)),
        Activation(),
        Pool("max", (2, 2), (2, 2)),
        Flatten(),
        Dense(drawn(8, 64), drawn(8)),
        Activation(),
        Dense(drawn(3, 8), drawn(3)),
    )
    return Network(nodes, (1, 8, 8))


def task_for(
    method: object,
    architecture: Architecture | None = None,
    data: Dataset | None = None,
    *,
    density: float = 0.5,
    seed: int = 0,
    training: Training | None = None,
    held: int = 0,
    checkpoint: Path | None = None,
    watch: Watch | None = None,
) -> Task:
    """The task that the door makes, with the last `held` pictures for validation."""
    plugin = method_called(method)() if isinstance(method, str) else method
    architecture, data = architecture or shaped(), data or toy()
    if plugin.given:
        architecture = Architecture.of(trained())
    whole = tensors(data, data.train)
    cut = len(whole) - held
    return Task(
        architecture,
        Given.of(trained()) if plugin.given else plugin.draw().source(architecture, seed, density),
        Tensors(whole.images[:cut], whole.labels[:cut]),
        Tensors(whole.images[cut:], whole.labels[cut:]),
        density,
        seed,
        training or replace(plugin.training(architecture), epochs=3, batch=16),
        CPU,
        torch.device("cpu"),
        checkpoint,
        watch or Watch(),
        "toy",
    )


def search(
    method="edge-popup", spec=CONV, *, bias=False, training=SHORT, machine=CPU, sanity=False, data=None, **more
) -> Found:
    """The door on `toy` data."""
    return find(method, shaped(spec, bias), data or toy(), training=training, machine=machine, sanity=sanity, **more)


def same(one: Found, other: Found) -> None:
    """Equal but for time."""
    for name in ("kept", "signs", "draws"):
        arrays = getattr(one.ticket.mask, name), getattr(other.ticket.mask, name)
        assert len(arrays[0]) == len(arrays[1]) and all(map(np.array_equal, *arrays))
    for pair, other_pair in zip(one.ticket.statistics, other.ticket.statistics, strict=True):
        assert all(map(np.array_equal, pair, other_pair))
    assert one.ticket.claim == other.ticket.claim and one.epoch == other.epoch
    assert one.ticket.made == other.ticket.made
    timeless = [[replace(record, seconds=0.0) for record in found.epochs] for found in (one, other)]
    assert timeless[0] == timeless[1]
