"""The state of an unfinished search in one file: tensors and JSON, nothing that is executed."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from slth.core.errors import BadFile, BadInput
from slth.core.mask import Mask
from slth.core.network import content_digest
from slth.interop.safetensors import read_container, write_container
from slth.search.task import Chosen, Epoch, Task

if TYPE_CHECKING:
    from slth.search.learner import Learner
    from slth.search.loop import Course

KEY = "slth.search"
SEAL = "slth.sha256"
EVERY = 5.0
"""Seconds from one write to the next, at least: short epochs are sooner repeated than written."""
Arrays = dict[str, NDArray[Any]]


class Checkpoint:
    """The file of one task's state, written after epochs and removed by whoever has the result."""

    def __init__(self, task: Task) -> None:
        assert task.checkpoint is not None
        self.path = task.checkpoint
        self.task = task
        self.written = time.monotonic()

    def save(self, learner: Learner, optimiser: torch.optim.Optimizer, course: Course) -> None:
        """Writes the state after an epoch, unless the last write was a moment ago."""
        if time.monotonic() - self.written < EVERY:
            return
        tensors = {f"learner.{name}": tensor for name, tensor in learner.tensors().items()}
        tensors |= {f"optimiser.{name}": tensor for name, tensor in _moments(learner, optimiser).items()}
        arrays: Arrays = {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}
        values = None
        if course.best is not None:
            values = course.best.values
            arrays |= _written(course.best)
        body = {
            "label": self.task.label,
            "epochs": [asdict(record) for record in course.epochs],
            "best_epoch": course.best_epoch,
            "values": values,
        }
        text = json.dumps(body)
        write_container(self.path, {KEY: text, SEAL: content_digest(text, arrays)}, arrays)
        self.written = time.monotonic()

    def restored(self, learner: Learner, optimiser: torch.optim.Optimizer) -> Course | None:
        """The course so far, learner and optimiser brought to where it stopped; None where there is no file.

        Raises
        ------
        BadFile
            When the file is damaged.
        BadInput
            When it belongs to another search.
        """
        if not self.path.exists():
            return None
        metadata, arrays = read_container(self.path)
        try:
            if metadata[SEAL] != content_digest(metadata[KEY], arrays):
                raise ValueError
            body = json.loads(metadata[KEY])
            if body["label"] != self.task.label:
                raise BadInput(f"{self.path}: is the unfinished state of another search; remove it or write elsewhere")
            found = self._course(body, arrays)
            place = self.task.place
            tensors = {name: torch.tensor(array, device=place) for name, array in arrays.items()}
            learner.restore(_under("learner.", tensors))
            _restore_moments(learner, optimiser, _under("optimiser.", tensors))
        except (LookupError, TypeError, ValueError, RuntimeError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadFile(f"{self.path}: is not a whole state of a search; remove it to start anew") from None
        return found

    def _course(self, body: dict[str, Any], arrays: Arrays) -> Course:
        from slth.search.loop import Course

        records = [Epoch(**{**entry, "densities": tuple(entry["densities"])}) for entry in body["epochs"]]
        if body["best_epoch"] is not None and not 0 <= body["best_epoch"] < len(records):
            raise ValueError
        best = None
        if body["values"] is not None:
            shapes = tuple((layer.rows, layer.width) for layer in self.task.source.layers)
            best = _read(shapes, body["values"], arrays)
        return Course(records, best, body["best_epoch"])


def _written(chosen: Chosen) -> Arrays:
    out: Arrays = {}
    for name, layers in (("kept", chosen.mask.kept), ("signs", chosen.mask.signs), ("draws", chosen.mask.draws)):
        out |= {f"best.{name}.{layer}": array for layer, array in enumerate(layers)}
    for norm, (mean, variance) in enumerate(chosen.statistics):
        out |= {f"best.mean.{norm}": mean, f"best.variance.{norm}": variance}
    return out


def _read(shapes: tuple[tuple[int, int], ...], values: str, arrays: Arrays) -> Chosen:
    def listed(name: str) -> tuple[NDArray[Any], ...]:
        count = sum(key.startswith(f"best.{name}.") for key in arrays)
        return tuple(arrays[f"best.{name}.{number}"] for number in range(count))

    mask = Mask(shapes, listed("kept"), listed("signs"), listed("draws"))
    return Chosen(mask, values, tuple(zip(listed("mean"), listed("variance"), strict=True)))


def _moments(learner: Learner, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What the optimiser remembers of every parameter."""
    return {
        f"{number}.{name}": torch.as_tensor(value)
        for number, parameter in enumerate(learner.parameters)
        for name, value in optimiser.state[parameter].items()
        if value is not None
    }


def _restore_moments(learner: Learner, optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        on_cpu = name == "step"  # where torch keeps it
        optimiser.state[learner.parameters[int(number)]][name] = tensor.cpu() if on_cpu else tensor


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
