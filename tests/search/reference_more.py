"""References for methods that toss coins, keep signs, anneal, or choose a mask before training."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from reference import EdgePopup, batches, top
from torch import Tensor

from slth.core.philox import key_from_seed, words_range
from slth.search.task import Task


class Annealed(EdgePopup):
    """Fischer and Burkholz (2022): epoch e of E, counted from 1, keeps density^(e / E)."""

    def masks(self, epoch: int) -> list[Tensor]:
        density = self.task.density ** ((epoch + 1) / self.task.training.epochs)
        return [torch.from_numpy(top(s.abs().numpy(), round(s.numel() * density))).float() for s in self.scores]


class Zhou(EdgePopup):
    """Zhou et al. (2019): coins of probability sigmoid(s), Adam; dL/ds = dL/dm p (1 - p)."""

    decay = 0.0

    def __init__(self, task: Task, network) -> None:
        super().__init__(task, network)
        self.adam = torch.optim.Adam(self.scores, task.training.rate)
        self.epoch, self.coin = -1, torch.Generator()

    def tossed(self, epoch: int) -> list[Tensor]:
        if epoch != self.epoch:
            self.epoch = epoch
            self.coin.manual_seed(int(words_range(key_from_seed(self.task.seed), epoch, 0, 1, 6)[0]))
        return [torch.bernoulli(torch.sigmoid(score), generator=self.coin) for score in self.scores]

    def masks(self, epoch: int) -> list[Tensor]:
        """In the end: whatever is more likely kept than not."""
        return [(torch.sigmoid(score) > 0.5).float() for score in self.scores]

    def descend(self, epoch: int, x: Tensor, y: Tensor, rate: float) -> None:
        masks = self.tossed(epoch)
        leaves = [mask.clone().requires_grad_() for mask in masks]
        effective = [weight * leaf for weight, leaf in zip(self.weights, leaves, strict=True)]
        loss = F.cross_entropy(self.network(effective, x, self.stats, True), y)
        for score, in_mask in zip(self.scores, torch.autograd.grad(loss, leaves), strict=True):
            chance = torch.sigmoid(score)
            score.grad = in_mask * (chance * (1 - chance))
        self.adam.param_groups[0]["lr"] = rate
        self.adam.step()
        weights, draws = [w.clone() for w in self.weights], [draw.copy() for draw in self.draws]
        self.log.append(([score.clone() for score in self.scores], masks, weights, draws))


class Koster(EdgePopup):
    """Koster et al. (2022): the sign of s where |s| is above a threshold, else 0; dL/ds = dL/dm."""

    threshold = 0.01

    def masks(self, epoch: int) -> list[Tensor]:
        return [score.sign() * (score.abs() > self.threshold).float() for score in self.scores]

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        return in_leaf


class HideNSeek(Koster):
    """Pruned by synaptic flow without data, then signs of what is left."""

    decay, threshold, rounds = 0.0, 0.0, 3

    def __init__(self, task: Task, network) -> None:
        super().__init__(task, network)
        self.flags = synflow(task, self.weights, network, self.rounds)

    def masks(self, epoch: int) -> list[Tensor]:
        return [mask * flag for mask, flag in zip(super().masks(epoch), self.flags, strict=True)]

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        return in_leaf * self.flags[layer]


class Federated(HideNSeek):
    """Every epoch each client trains the server's scores on its share, without momentum; then the mean of all."""

    clients = 2

    def train(self) -> list[Tensor]:
        seed, whole, epochs = self.task.seed, self.task.train, self.task.training.epochs
        order = torch.from_numpy(np.random.default_rng([seed % 2**32, seed >> 32, 2]).permutation(len(whole)))
        shares = [(whole.images[part], whole.labels[part]) for part in order.chunk(self.clients)]
        for epoch in range(epochs):
            rate = self.task.training.rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
            start = self.scores, self.stats
            ends, ends_of_norms = [], []
            for client, (images, labels) in enumerate(shares):
                self.scores = [score.clone() for score in start[0]]
                self.stats = [(mean.clone(), variance.clone()) for mean, variance in start[1]]
                self.memory = [None] * len(self.scores)
                turn = self.turn(seed, epoch, client)
                shuffled = np.random.default_rng(turn).permutation(len(labels))
                for places in torch.from_numpy(shuffled).split(self.task.training.batch):
                    self.descend(epoch, images[places], labels[places], rate)
                self.silence(self.masks(epoch))
                ends.append(self.scores)
                ends_of_norms.append(self.stats)
            self.scores = [torch.stack(scores).mean(0) for scores in zip(*ends, strict=True)]
            self.stats = [
                tuple(torch.stack(each).mean(0) for each in zip(*pairs, strict=True))
                for pairs in zip(*ends_of_norms, strict=True)
            ]
            final = self.masks(epoch)
            self.silence(final)
        return final

    def turn(self, seed: int, epoch: int, client: int) -> list[int]:
        """What the order of a client's pictures in an epoch is drawn from."""
        turn = epoch * self.clients + client
        high, low = words_range(key_from_seed(seed), turn, 0, 2, 7).tolist()
        return [low, high, 0]


class TwoOfFour(EdgePopup):
    """The two largest |s| of every four weights of a row; only kept weights learn; scores are pulled to 0."""

    def masks(self, epoch: int) -> list[Tensor]:
        groups = [score.abs().numpy().reshape(-1, 4) for score in self.scores]
        kept = [np.stack([top(group, 2) for group in layer]) for layer in groups]
        return [torch.from_numpy(k.reshape(s.shape)).float() for k, s in zip(kept, self.scores, strict=True)]

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        score = self.scores[layer]
        return in_leaf * mask * score.sign() + score.sign() * 0.001


class Jackpots(EdgePopup):
    """Zhang et al. (2023) on the network `toy.trained`: counts by magnitude, scores of 1 and 0.99, signed."""

    decay = 5e-4

    def __init__(self, task: Task, network) -> None:
        super().__init__(task, self.whole)
        sizes = np.concatenate([weight.numpy().reshape(-1) for weight in self.weights[:-1]])
        kept = top(np.abs(sizes), round(len(sizes) * task.density))
        pieces = np.split(kept, np.cumsum([weight.numel() for weight in self.weights[:-1]])[:-1])
        self.counts = [int(piece.sum()) for piece in pieces]
        pairs = zip(pieces, self.weights, strict=False)
        self.scores = [torch.where(torch.from_numpy(p.reshape(w.shape)), 1.0, 0.99) for p, w in pairs]

    def whole(self, w: list[Tensor], x: Tensor, stats: list, training: bool) -> Tensor:
        """The given network; the convolution's biases are not among the weights."""
        bias = torch.tensor(self.task.source.network.affine[0].bias)
        z = F.max_pool2d(F.relu(F.conv2d(x, w[0], bias, padding=1)), 2).flatten(1)
        return F.linear(F.relu(F.linear(z, w[1][:, :-1], w[1][:, -1])), w[2][:, :-1], w[2][:, -1])

    def drawn(self, layer: int) -> np.ndarray:
        node = self.task.source.network.affine[layer]
        return np.column_stack([node.weight, node.bias]) if node.weight.ndim == 2 else node.weight

    def masks(self, epoch: int) -> list[Tensor]:
        found = [torch.from_numpy(top(s.numpy(), k)).float() for s, k in zip(self.scores, self.counts, strict=True)]
        return [*found, torch.ones_like(self.weights[-1])]

    def gradient(self, layer: int, in_leaf: Tensor, mask: Tensor) -> Tensor:
        return in_leaf


# One-shot masks.

Network = Callable[[list[Tensor], Tensor, list[tuple[Tensor, Tensor]], bool], Tensor]


def highest(values: list[Tensor], density: float) -> list[Tensor]:
    """The largest of all layers together."""
    flat = np.concatenate([value.detach().numpy().reshape(-1) for value in values])
    kept = np.split(top(flat, round(len(flat) * density)), np.cumsum([value.numel() for value in values])[:-1])
    return [torch.from_numpy(k.reshape(value.shape)) for k, value in zip(kept, values, strict=True)]


def blank(task: Task, dtype=torch.float32) -> list[tuple[Tensor, Tensor]]:
    rows = [task.architecture.slots[slot].rows for slot in task.architecture.normed]
    return [(torch.zeros(count, dtype=dtype), torch.ones(count, dtype=dtype)) for count in rows]


def losses(task: Task, weights: list[Tensor], network: Network, temperature: float = 1.0):
    """The loss of each of the first ten batches, outputs being divided by a temperature."""
    for number, (x, y) in enumerate(batches(task, 0)):
        if number < 10:
            outputs = network(weights, x.to(weights[0].dtype), blank(task, weights[0].dtype), True)
            yield F.cross_entropy(outputs / temperature, y)


def snip(task: Task, weights: list[Tensor], network: Network) -> list[Tensor]:
    """Lee et al. (2019): the largest |W dL/dW|."""
    leaves = [weight.clone().requires_grad_() for weight in weights]
    total = [torch.zeros_like(weight) for weight in weights]
    for loss in losses(task, leaves, network):
        total = [t + g for t, g in zip(total, torch.autograd.grad(loss, leaves), strict=True)]
    return highest([(w * g).abs() for w, g in zip(weights, total, strict=True)], task.density)


def grasp(task: Task, weights: list[Tensor], network: Network, temperature: float) -> list[Tensor]:
    """Wang et al. (2020): those with the lowest -W (H g). Here H g is a difference of gradients in float64."""
    exact = [weight.double() for weight in weights]

    def gradient(at: list[Tensor]) -> list[Tensor]:
        leaves = [weight.clone().requires_grad_() for weight in at]
        return list(torch.autograd.grad(sum(losses(task, leaves, network, temperature)), leaves))

    g = gradient(exact)
    small = 1e-6
    ahead, behind = (gradient([w + sign * small * d for w, d in zip(exact, g, strict=True)]) for sign in (1, -1))
    product = [(a - b) / (2 * small) for a, b in zip(ahead, behind, strict=True)]
    return highest([w * h for w, h in zip(exact, product, strict=True)], task.density)


def synflow(task: Task, weights: list[Tensor], network: Network, rounds: int) -> list[Tensor]:
    """Tanaka et al. (2020): |W| dR/d|W|, R the outputs of the network of magnitudes for ones, in rounds."""
    masks = [torch.ones_like(weight, dtype=torch.bool) for weight in weights]
    for number in range(1, rounds + 1):
        leaves = [(w.abs() * m).double().requires_grad_() for w, m in zip(weights, masks, strict=True)]
        ones = torch.ones((1, *task.architecture.input_shape), dtype=torch.float64)
        total = network(leaves, ones, blank(task, torch.float64), False).sum()
        flow = [leaf.detach() * g for leaf, g in zip(leaves, torch.autograd.grad(total, leaves), strict=True)]
        # what is pruned must not come back, even where all that is left has no flow
        flow = [torch.where(mask, f, -1.0) for f, mask in zip(flow, masks, strict=True)]
        masks = highest(flow, task.density ** (number / rounds))
    return masks


def trained(task: Task, weights: list[Tensor], masks: list[Tensor], network: Network) -> list[Tensor]:
    """Weights behind a mask after SGD with momentum, decay and cosine."""
    training = task.training
    leaves = [(w * m).requires_grad_() for w, m in zip(weights, masks, strict=True)]
    sgd = torch.optim.SGD(leaves, training.rate, momentum=training.momentum, weight_decay=training.decay)
    total, step, stats = training.epochs * -(-len(task.train) // training.batch), 0, blank(task)
    for epoch in range(training.epochs):
        for x, y in batches(task, epoch):
            sgd.param_groups[0]["lr"] = training.rate * 0.5 * (1 + math.cos(math.pi * step / total))
            sgd.zero_grad()
            F.cross_entropy(network(leaves, x, stats, True), y).backward()
            for leaf, mask in zip(leaves, masks, strict=True):
                leaf.grad *= mask
            sgd.step()
            step += 1
    return [leaf.detach() for leaf in leaves]


def magnitude(task: Task, weights: list[Tensor], network: Network, rounds: int) -> list[Tensor]:
    """Frankle and Carbin (2019): the largest trained weights, rewound and trained again, in rounds."""
    masks = [torch.ones_like(weight, dtype=torch.bool) for weight in weights]
    for number in range(1, rounds + 1):
        tuned = trained(task, weights, masks, network)
        sizes = [torch.where(mask, w.abs(), -1.0) for w, mask in zip(tuned, masks, strict=True)]
        masks = highest(sizes, task.density ** (number / rounds))
    return masks


def scattered(weights: list[Tensor], densities: list[float], coin: torch.Generator) -> list[Tensor]:
    """round(density * size) entries of each layer: those that a random order puts first."""
    found = []
    for weight, density in zip(weights, densities, strict=True):
        order = torch.randperm(weight.numel(), generator=coin)
        found.append((order < round(weight.numel() * density)).view(weight.shape))
    return found


def erdos_renyi(shapes: list[tuple[int, ...]], density: float) -> list[float]:
    """min(1, f (sum of sides) / (product of sides)), with f found by bisection so that the density is right."""
    sizes = [math.prod(shape) for shape in shapes]
    low, high = 0.0, 1e9
    for _ in range(200):
        factor = (low + high) / 2
        kept = sum(min(size, factor * sum(shape)) for size, shape in zip(sizes, shapes, strict=True))
        low, high = (factor, high) if kept < density * sum(sizes) else (low, factor)
    return [min(1.0, low * sum(shape) / size) for size, shape in zip(sizes, shapes, strict=True)]


def best_of(task: Task, weights: list[Tensor], network: Network, trials: int) -> tuple[list[Tensor], float]:
    """The random mask with most correct answers on the training pictures; of equal ones the first."""
    coin = torch.Generator().manual_seed(task.seed)
    best, most = [], -1
    for _ in range(trials):
        masks = scattered(weights, [task.density] * len(weights), coin)
        kept, stats = [w * m for w, m in zip(weights, masks, strict=True)], blank(task)
        for start in range(0, len(task.train), task.training.batch):
            network(kept, task.train.images[start : start + task.training.batch], stats, True)
        right = int((network(kept, task.train.images, stats, False).argmax(1) == task.train.labels).sum())
        if right > most:
            best, most = masks, right
    return best, most / len(task.train)
