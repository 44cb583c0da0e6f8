"""Clients that train the same scores on their own pictures, and a server that averages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from slth.search.draw import CLIENTS, words
from slth.search.loop import Course, fit, record
from slth.search.settings import Training
from slth.search.supermask import Supermask
from slth.search.task import Task, Tensors, Watch


def federated(task: Task, server: Supermask, clients: int) -> Course:
    """Every epoch each client trains its share from the server's scores; the server takes the mean.

    Clients start each epoch without momentum and with the rate of that epoch. Statistics of norms are averaged too.
    Unfinished federated searches are not kept.
    """
    shares = _shares(task, clients)
    course = Course()
    for epoch in range(task.training.epochs):
        server.begin_epoch(epoch)
        settings = replace(task.training, epochs=1, rate=task.training.rate_at(epoch, 1), curve="constant", warmup=0.0)
        states, losses = [], []
        for number, share in enumerate(shares):
            client = Supermask(_local(task, share, settings, epoch * clients + number), server.recipe, server.alive)
            client.restore(_copied(server.tensors()))
            local = fit(client.task, client)
            states.append(client.tensors())
            losses.append((local.epochs[0].loss, local.epochs[0].train_accuracy))
        server.restore({name: _mean([state[name] for state in states]) for name in states[0]})
        loss, right = np.mean(losses, axis=0).tolist()
        course.take(record(task, server, epoch, loss, right), server)
        task.watch.epoch(course.epochs[-1])
    if course.best is None:
        course.best = server.chosen()
    return course


def _local(task: Task, share: Tensors, settings: Training, turn: int) -> Task:
    """A client's task: its share, in an order of its own."""
    none = Tensors(task.validation.images[:0], task.validation.labels[:0])
    high, low = words(task.seed, turn, 2, CLIENTS).tolist()
    seed = (high << 32) | low
    return replace(task, train=share, validation=none, training=settings, seed=seed, checkpoint=None, watch=Watch())


def _shares(task: Task, clients: int) -> list[Tensors]:
    """Equal shares of the pictures in an order that the seed determines."""
    order = np.random.default_rng([task.seed & 0xFFFFFFFF, task.seed >> 32, 2]).permutation(len(task.train))
    parts = [torch.from_numpy(part).to(task.place) for part in np.array_split(order, clients)]
    return [_part(task.train, part) for part in parts]


def _part(data: Tensors, places: torch.Tensor) -> Tensors:
    goals = None if data.goals is None else data.goals[places]
    return Tensors(data.images[places], data.labels[places], goals)


def _copied(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


def _mean(tensors: list[torch.Tensor]) -> torch.Tensor:
    """The mean of floats; what is no float is the same everywhere."""
    return torch.stack(tensors).mean(dim=0) if tensors[0].is_floating_point() else tensors[0]
