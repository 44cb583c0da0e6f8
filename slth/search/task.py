"""What a method is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slth.core.architecture import Architecture
from slth.core.given import Stock
from slth.core.mask import Mask
from slth.search.settings import Machine, Training

Integers = NDArray[np.int64]
Network = tuple[list[Tensor], list[tuple[Tensor, Tensor]]]
"""Weights of every slot, and statistics of every norm."""


@dataclass(frozen=True, eq=False)
class Tensors:
    """Prepared pictures (n, channels, height, width) in float32 and labels (n,), on one device.

    `goals` (n, outputs) are what a target network puts out, where the search is for its function and not for labels.
    """

    images: Tensor
    labels: Tensor
    goals: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Epoch:
    """What is known after an epoch.

    `densities` are those of the layers, `eligible` tells whether it may be chosen; `validation_distance` is the mean
    squared distance to a target's outputs on the pictures held out, where the search is for a function.
    """

    number: int
    loss: float
    train_accuracy: float
    validation_accuracy: float | None
    density: float
    densities: tuple[float, ...]
    rate: float
    eligible: bool
    seconds: float
    validation_distance: float | None = None

    @property
    def merit(self) -> float:
        """What the best epoch has most of: closeness to a target's outputs, or accuracy, on the pictures held out."""
        if self.validation_distance is not None:
            return -self.validation_distance
        return self.validation_accuracy or 0.0


@dataclass(frozen=True)
class Watch:
    """Who wants to know.

    `batch(epoch, step, steps, loss)` is called now and then, `epoch(record)` after each epoch, `count(done, of)` while
    the test pictures are counted.
    """

    batch: Callable[[int, int, int, float], None] = lambda epoch, step, steps, loss: None
    epoch: Callable[[Epoch], None] = lambda record: None
    count: Callable[[int, int], None] = lambda done, of: None


@dataclass(frozen=True, eq=False)
class Task:
    """One search.

    Parameters
    ----------
    architecture : Architecture
    source : Source or Given
    train, validation : Tensors
        Validation may be empty: then the last epoch is the result.
    density : float
        The fraction to keep.
    seed : int
        Of the source, of initial scores, of the order of the data and of all coins.
    training : Training
    machine : Machine
    place : torch.device
    checkpoint : Path or None
        Where the state of an unfinished search is kept; it goes on from there.
    watch : Watch
    label : str
        All that determines the result, as text: a checkpoint of another label is refused.
    """

    architecture: Architecture
    source: Stock
    train: Tensors
    validation: Tensors
    density: float
    seed: int
    training: Training
    machine: Machine
    place: torch.device
    checkpoint: Path | None = None
    watch: Watch = field(default_factory=Watch)
    label: str = ""


@dataclass(frozen=True, eq=False)
class Chosen:
    """A subnetwork: mask, what its weights are worth, learned statistics of its norms."""

    mask: Mask
    values: str
    statistics: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a method found.

    Parameters
    ----------
    chosen : Chosen
    epochs : tuple of Epoch
        Empty for methods that do not train scores.
    epoch : int or None
        Which epoch was chosen.
    notes : mapping
        What else the method has to report, JSON.
    trained : mapping
        Trained weights and their norms' statistics by name ("trained", "finetuned"), from methods that train weights
        after all: weak tickets. The door evaluates them.
    """

    chosen: Chosen
    epochs: tuple[Epoch, ...] = ()
    epoch: int | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    trained: Mapping[str, Network] = field(default_factory=dict)
