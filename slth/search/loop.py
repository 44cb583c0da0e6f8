"""The loop of training: batches, gradients, epochs, the choice of the best epoch, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from slth.core.errors import BadInput
from slth.search.batches import batches, steps
from slth.search.checkpoint import Checkpoint
from slth.search.evaluate import accuracy, distance
from slth.search.forward import forward
from slth.search.learner import Learner
from slth.search.task import Chosen, Epoch, Task, Tensors

LOOK = 0.5
"""Seconds between two looks at the loss of a batch: on a GPU each look waits for it."""


@dataclass
class Course:
    """What happened so far: the epochs, and the best network that may be chosen."""

    epochs: list[Epoch] = field(default_factory=list)
    best: Chosen | None = None
    best_epoch: int | None = None

    def take(self, record: Epoch, learner: Learner) -> None:
        """Adds an epoch; of equally good ones the later is the best."""
        self.epochs.append(record)
        if record.eligible and (self.best_epoch is None or record.merit >= self.epochs[self.best_epoch].merit):
            self.best, self.best_epoch = learner.chosen(), record.number


def fit(task: Task, learner: Learner) -> Course:
    """Trains a learner for all epochs; goes on where a checkpoint of the same task stopped.

    Raises
    ------
    BadInput
        When the loss is not a number: the learning rate is too high.
    """
    optimiser = task.training.over(learner.parameters)
    course = Course()
    keeper = Checkpoint(task) if task.checkpoint else None
    if keeper is not None:
        course = keeper.restored(learner, optimiser) or course
    network = _compiled(task)
    for epoch in range(len(course.epochs), task.training.epochs):
        begun = time.perf_counter()
        learner.begin_epoch(epoch)
        loss, right = _one_epoch(task, learner, optimiser, network, epoch)
        course.take(record(task, learner, epoch, loss, right, begun), learner)
        learner.end_epoch(epoch)
        task.watch.epoch(course.epochs[-1])
        if keeper is not None and epoch + 1 < task.training.epochs:
            keeper.save(learner, optimiser, course)
    if course.best is None:
        course.best, course.best_epoch = learner.chosen(), None
    return course


def _compiled(task: Task) -> Callable[..., Tensor]:
    network: Callable[..., Tensor] = forward
    if task.machine.compiled:
        network = torch.compile(forward)
    return network


def _one_epoch(
    task: Task, learner: Learner, optimiser: torch.optim.Optimizer, network: Callable[..., Tensor], epoch: int
) -> tuple[float, float]:
    """Mean loss, and the fraction of correct answers given on the way."""
    training = task.training
    total = steps(len(task.train), training.batch)
    if not total:
        raise BadInput(f"{len(task.train)} pictures are too few to train on; it takes 2")
    loss_sum = torch.zeros((), device=task.place)
    right = torch.zeros((), device=task.place, dtype=torch.int64)
    seen, looked = 0, time.perf_counter()
    for number, batch in enumerate(batches(task.train, training.batch, task.seed, epoch, training.augment)):
        step = epoch * total + number
        for group in optimiser.param_groups:
            group["lr"] = training.rate_at(step, total)
        learner.begin_step(step)
        loss, outputs = descend(task, learner, network, batch)
        optimiser.step()
        learner.settle()
        loss_sum += loss * len(batch)
        right += (outputs.argmax(dim=1) == batch.labels).sum()
        seen += len(batch)
        if time.perf_counter() - looked > LOOK:
            task.watch.batch(epoch, number + 1, total, float(loss))
            looked = time.perf_counter()
    mean = float(loss_sum) / seen
    rate = f"a lower --rate than {training.rate:g} is needed"
    if not math.isfinite(mean):
        raise BadInput(f"the loss is {mean} in epoch {epoch + 1}: {rate}")
    if not all(bool(parameter.isfinite().all()) for parameter in learner.parameters):  # the loss of an empty mask is
        raise BadInput(f"scores or weights are no finite numbers after epoch {epoch + 1}: {rate}")
    return mean, float(right) / seen


def descend(task: Task, learner: Learner, network: Callable[..., Tensor], batch: Tensors) -> tuple[Tensor, Tensor]:
    """Loss and outputs of a batch; the gradients of the parameters are set."""
    effective = [weight.requires_grad_() for weight in learner.effective(training=True)]
    mixed = task.machine.precision == "bfloat16"
    with torch.autocast(task.place.type, torch.bfloat16, enabled=mixed):
        outputs = network(task.architecture, effective, batch.images, learner.statistics, training=True)
    loss = loss_of(outputs.float(), batch, task.training.smoothing)
    gradients: Any = torch.autograd.grad(loss, effective)
    learner.pull(list(gradients))
    return loss.detach(), outputs.detach()


def loss_of(outputs: Tensor, batch: Tensors, smoothing: float) -> Tensor:
    """Cross-entropy with the labels, or the mean squared distance to the goals where there are any."""
    if batch.goals is not None:
        return F.mse_loss(outputs, batch.goals)
    return F.cross_entropy(outputs, batch.labels, label_smoothing=smoothing)


def record(task: Task, learner: Learner, epoch: int, loss: float, right: float, begun: float | None = None) -> Epoch:
    """What is known after an epoch: loss and accuracy on the way, accuracy on the pictures held out, densities."""
    effective = learner.effective(training=False)
    validated = apart = None
    if len(task.validation):
        validated = accuracy(task.architecture, effective, learner.statistics, task.validation)
    if len(task.validation) and task.validation.goals is not None:
        apart = distance(task.architecture, effective, learner.statistics, task.validation)
    densities = learner.densities()
    sizes = [weight.numel() for weight in effective]
    kept = sum(density * size for density, size in zip(densities, sizes, strict=True))
    total = steps(len(task.train), task.training.batch)
    rate = task.training.rate_at((epoch + 1) * total - 1, total)
    seconds = 0.0 if begun is None else time.perf_counter() - begun
    density = kept / sum(sizes)
    return Epoch(epoch, loss, right, validated, density, densities, rate, learner.ready(epoch), seconds, apart)
