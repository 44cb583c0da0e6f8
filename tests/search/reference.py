"""Supermask training as the papers print it: plain loops over plain torch, no part of slth but the source.

Random words are the documented ones: tensor = layer, domain 0 for weights, 4 for scores, 5 for coins of redraws, and
2^16 + d for draw d of a weight.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from slth.core.philox import key_from_seed, words_at, words_range
from slth.search.task import Task


def conv_network(w: list[Tensor], x: Tensor, stats: list[tuple[Tensor, Tensor]], training: bool) -> Tensor:
    """toy.CONV with biases in its dense layers."""
    z = F.conv2d(x, w[0], padding=1)
    z = F.batch_norm(z, stats[0][0], stats[0][1], None, None, training, 0.1, 1e-5)
    z = F.max_pool2d(F.relu(z), 2).flatten(1)
    z = F.relu(F.linear(z, w[1][:, :-1], w[1][:, -1]))
    return F.linear(z, w[2][:, :-1], w[2][:, -1])


def dense_network(w: list[Tensor], x: Tensor, stats: list[tuple[Tensor, Tensor]], training: bool) -> Tensor:
    """toy.DENSE without biases."""
    z = F.relu(F.linear(x.flatten(1), w[0]))
    return F.linear(F.relu(F.linear(z, w[1])), w[2])


def top(values: np.ndarray, k: int) -> np.ndarray:
    """The k largest, equal ones in row-major order."""
    mask = np.zeros(values.size, np.bool_)
    mask[np.argsort(-values.reshape(-1).astype(np.float64), kind="stable")[:k]] = True
    return mask.reshape(values.shape)


def batches(task: Task, epoch: int):
    """Pictures and labels in an order that seed and epoch determine; here every batch is whole."""
    size, count = task.training.batch, len(task.train)
    assert count % size == 0
    order = np.random.default_rng([task.seed % 2**32, task.seed >> 32, epoch]).permutation(count)
    for start in range(0, count, size):
        places = torch.from_numpy(order[start : start + size])
        yield task.train.images[places], task.train.labels[places]


def uniform(seed: int, layer: int, count: int) -> np.ndarray:
    """Numbers in (0, 1) in float64, of the 23 leading bits of a word."""
    words = words_range(key_from_seed(seed), layer, 0, count, 4)
    return ((words >> 9).astype(np.float64) + 0.5) / 2**23


class EdgePopup:
    """Ramanujan et al. (2020); other methods change a step of it.

    `log` gets, after each step, scores, masks, weights and draw numbers.
    """

    decay = 1e-4

    def __init__(self, task: Task, network) -> None:
        self.task, self.network = task, network
        self.slots = task.architecture.slots
        self.weights = []
        for layer, slot in enumerate(self.slots):
            exact = self.drawn(layer)
            shape = slot.shape if slot.kernel else exact.shape
            self.weights.append(torch.from_numpy(exact.astype(np.float32).reshape(shape)))
        self.scores = [self.start(layer, tuple(weight.shape)) for layer, weight in enumerate(self.weights)]
        self.draws = [np.zeros(weight.numel(), np.int64) for weight in self.weights]
        rows = [self.slots[slot].rows for slot in task.architecture.normed]
        self.stats = [(torch.zeros(count), torch.ones(count)) for count in rows]
        self.memory: list[Tensor | None] = [None] * len(self.scores)
        self.log: list[tuple] = []
        self.step = 0

    def drawn(self, layer: int) -> np.ndarray:
        """The weights of a layer."""
        return self.task.source.rows(layer, 0, self.slots[layer].rows) * self.task.source.unit(layer)

    def start(self, layer: int, shape: tuple[int, ...]) -> Tensor:
        """U(-1 / sqrt(fan_in), 1 / sqrt(fan_in))."""
        bound = 1 / math.sqrt(self.slots[layer].fan_in)
        numbers = 2 * uniform(self.task.seed, layer, math.prod(shape)) - 1
        return torch.from_numpy((numbers * bound).astype(np.float32).reshape(shape))

    def masks(self, epoch: int) -> list[Tensor]:
        """The k largest |s| of each layer, one mask for each layer's weights."""
        return [
            torch.from_numpy(top(s.abs().numpy(), round(s.numel() * self.task.density))).float() for s in self.scores
        ]

    def leaf(self, layer: int, mask: Tensor) -> Tensor:
        """What the loss is differentiated in: the mask."""
        return mask

    def effective(self, layer: int, leaf: Tensor) -> Tensor:
        """W m."""
        return self.weights[layer] * leaf

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        """dL/ds: the identity from mask to |s|, then the derivative of |s|."""
        return in_leaf * self.scores[layer].sign()

    def project(self) -> None:
        """Scores are free."""

    def before_step(self, epoch: int) -> None:
        """Nothing."""

    def after_epoch(self, epoch: int) -> None:
        """Nothing."""

    def train(self) -> list[Tensor]:
        """All epochs; the masks after the last, before what follows it."""
        training = self.task.training
        total = training.epochs * -(-len(self.task.train) // training.batch)
        for epoch in range(training.epochs):
            for x, y in batches(self.task, epoch):
                self.before_step(epoch)
                self.descend(epoch, x, y, training.rate * 0.5 * (1 + math.cos(math.pi * self.step / total)))
                self.step += 1
            final = self.masks(epoch)
            self.silence(final)
            self.after_epoch(epoch)
        return final

    def descend(self, epoch: int, x: Tensor, y: Tensor, rate: float) -> None:
        """One step of SGD with momentum and weight decay on the scores."""
        masks = self.masks(epoch)
        leaves = [self.leaf(layer, mask).clone().requires_grad_() for layer, mask in enumerate(masks)]
        effective = [self.effective(layer, leaf) for layer, leaf in enumerate(leaves)]
        loss = F.cross_entropy(self.network(effective, x, self.stats, True), y)
        for layer, in_leaf in enumerate(torch.autograd.grad(loss, leaves)[: len(self.scores)]):
            gradient = self.gradient(layer, in_leaf, masks[layer])
            if self.decay:
                gradient = torch.add(gradient, self.scores[layer], alpha=self.decay)
            old = self.memory[layer]
            self.memory[layer] = gradient if old is None else old * 0.9 + gradient
            self.scores[layer] = torch.add(self.scores[layer], self.memory[layer], alpha=-rate)
        self.project()
        weights, draws = [w.clone() for w in self.weights], [draw.copy() for draw in self.draws]
        self.log.append(([score.clone() for score in self.scores], masks, weights, draws))

    def silence(self, masks: list[Tensor]) -> None:
        """An output that keeps nothing is 0 behind its norm in training, so it must be in evaluation."""
        for slot, (mean, variance) in zip(self.task.architecture.normed, self.stats, strict=True):
            for row in range(len(mean)):
                if not masks[slot][row].any():
                    mean[row], variance[row] = 0.0, 1.0


class Biprop(EdgePopup):
    """Diffenderfer and Kailkhura (2021): weights alpha sign(W) m; dL/ds = dL/d(alpha m) |W| sign(s)."""

    def leaf(self, layer: int, mask: Tensor) -> Tensor:
        weights = self.weights[layer].abs()
        alpha = (weights * mask).sum() / mask.sum()
        assert abs(float(alpha) / float(weights.double()[mask.bool()].mean()) - 1) < 1e-6
        return alpha * mask

    def effective(self, layer: int, leaf: Tensor) -> Tensor:
        return self.weights[layer].sign() * leaf

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        return in_leaf * self.weights[layer].abs() * self.scores[layer].sign()


class GlobalBiprop(Biprop):
    """One threshold for the network; the pruned fraction goes from 1/2 to p as p + (1/2 - p) (1 - e / length)^3."""

    length = 10

    def masks(self, epoch: int) -> list[Tensor]:
        goal = 1 - self.task.density
        length = min(self.length, self.task.training.epochs - 1)
        pruned = goal + (0.5 - goal) * max(0.0, 1 - epoch / length) ** 3
        flat = np.concatenate([score.abs().numpy().reshape(-1) for score in self.scores])
        kept = np.split(top(flat, round(len(flat) * (1 - pruned))), np.cumsum([s.numel() for s in self.scores])[:-1])
        return [torch.from_numpy(k.reshape(s.shape)).float() for k, s in zip(kept, self.scores, strict=True)]


class IteRand(EdgePopup):
    """Chijiwa et al. (2021): signed scores; every K_per steps a pruned weight is drawn anew with chance r."""

    every, chance = 4, 0.3

    def start(self, layer: int, shape: tuple[int, ...]) -> Tensor:
        bound = math.sqrt(6) / math.sqrt(self.slots[layer].fan_in)
        numbers = 2 * uniform(self.task.seed, layer, math.prod(shape)) - 1
        return torch.from_numpy((numbers * bound).astype(np.float32).reshape(shape))

    def masks(self, epoch: int) -> list[Tensor]:
        return [torch.from_numpy(top(s.numpy(), round(s.numel() * self.task.density))).float() for s in self.scores]

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        return in_leaf

    def before_step(self, epoch: int) -> None:
        if self.step == 0 or self.step % self.every:
            return
        key, source = key_from_seed(self.task.seed), self.task.source
        for layer, mask in enumerate(self.masks(epoch)):
            event = self.step // self.every
            coins = words_range(key, event * 256 + layer, 0, mask.numel(), 5) / 2**32
            flat = self.weights[layer].view(-1)
            for place in np.flatnonzero((mask.numpy().reshape(-1) == 0) & (coins < self.chance)).tolist():
                self.draws[layer][place] += 1
                number = np.array([place])
                word = words_at(key, layer, number, (1 << 16) + int(self.draws[layer][place]))
                integer = source.law.integers(word)
                assert integer == source.drawn(layer, number, self.draws[layer][number])
                flat[place] = float(np.float32(integer[0] * source.unit(layer)))


class GemMiner(EdgePopup):
    """Sreenivasan et al. (2022): scores in [0, 1], kept above 1/2 unless pruned for good; penalty on squares."""

    decay, penalty, period = 0.0, 1e-4, 2

    def __init__(self, task: Task, network) -> None:
        super().__init__(task, network)
        self.flags = [torch.ones_like(score) for score in self.scores]
        self.history = [self.flags]

    def start(self, layer: int, shape: tuple[int, ...]) -> Tensor:
        return torch.from_numpy(uniform(self.task.seed, layer, math.prod(shape)).astype(np.float32).reshape(shape))

    def masks(self, epoch: int) -> list[Tensor]:
        return [(score > 0.5) * flag for score, flag in zip(self.scores, self.flags, strict=True)]

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        return (in_leaf + self.scores[layer] * (2 * self.penalty)) * self.flags[layer]

    def project(self) -> None:
        self.scores = [score.clamp(0, 1) for score in self.scores]

    def after_epoch(self, epoch: int) -> None:
        """Prunes so that density^(j / J) of all scores are left, the lowest first, of equal ones the last."""
        times = (self.task.training.epochs - 1) // self.period
        number = (epoch + 1) // self.period
        if (epoch + 1) % self.period or number > times:
            return
        flat = np.concatenate([score.numpy().reshape(-1) for score in self.scores]).astype(np.float64)
        alive = np.concatenate([flag.numpy().reshape(-1) for flag in self.flags]) > 0
        left = round(len(flat) * self.task.density ** (number / times))
        order = [place for place in np.argsort(-flat, kind="stable").tolist() if alive[place]]
        kept = np.zeros(len(flat), np.bool_)
        kept[order[:left]] = True
        pieces = np.split(kept, np.cumsum([score.numel() for score in self.scores])[:-1])
        self.flags = [torch.from_numpy(p.reshape(s.shape)).float() for p, s in zip(pieces, self.scores, strict=True)]
        self.history.append(self.flags)


class Rewound(GemMiner):
    """Scores go back to their start after each pruning."""

    def after_epoch(self, epoch: int) -> None:
        before = self.flags
        super().after_epoch(epoch)
        if self.flags is not before:
            self.scores = [self.start(layer, tuple(score.shape)) for layer, score in enumerate(self.scores)]


class Filters(EdgePopup):
    """Edge-popup with a score for each filter or neuron; the last layer has one for each weight."""

    def start(self, layer: int, shape: tuple[int, ...]) -> Tensor:
        if layer == len(self.slots) - 1:
            return super().start(layer, shape)
        return super().start(layer, (shape[0], *(1 for _ in shape[1:])))

    def masks(self, epoch: int) -> list[Tensor]:
        kept = super().masks(epoch)
        return [mask * torch.ones_like(weight) for mask, weight in zip(kept, self.weights, strict=True)]

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        if layer == len(self.slots) - 1:
            return super().gradient(layer, in_leaf, mask)
        axes = tuple(range(1, in_leaf.dim()))
        return in_leaf.sum(dim=axes, keepdim=True) * self.scores[layer].sign()


class FiltersWholeLast(Filters):
    """The same, with all weights of the last layer."""

    def __init__(self, task: Task, network) -> None:
        super().__init__(task, network)
        self.scores = self.scores[:-1]

    def masks(self, epoch: int) -> list[Tensor]:
        kept = EdgePopup.masks(self, epoch)
        whole = [mask * torch.ones_like(weight) for mask, weight in zip(kept, self.weights, strict=False)]
        return [*whole, torch.ones_like(self.weights[-1])]
