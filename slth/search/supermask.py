"""The learner of supermasks: frozen random weights, trained scores, a mask by the recipe."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.core.given import Given
from slth.core.mask import Mask
from slth.search.batches import steps
from slth.search.draw import REDRAWS, SCORES, weights_of, words
from slth.search.forward import blank_statistics
from slth.search.parts.rules import kept_count
from slth.search.recipe import Recipe
from slth.search.select import largest
from slth.search.task import Chosen, Task

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]


class Supermask:
    """Scores of one task under one recipe; see `Learner`.

    `weights` are those of the draws at hand. `alive` holds, where the recipe prunes for good, what was not pruned.
    """

    def __init__(self, task: Task, recipe: Recipe, within: list[Tensor] | None = None) -> None:
        """`within`: boolean tensors of the scores' shapes; where false, a score is never kept."""
        self.task, self.recipe = task, recipe
        if isinstance(task.source, Given) and (recipe.redraw or recipe.value.label != "weight"):
            raise BadInput("this method draws weights anew or takes their signs: it can not search given weights")
        self.weights = weights_of(task.source, task.architecture, task.place)
        self.statistics = blank_statistics(task.architecture, task.place)
        self.draws = [np.zeros(weight.numel(), np.int64) for weight in self.weights]
        self.searched = len(self.weights) - recipe.whole_last
        self.units = [recipe.unit] * (len(self.weights) - 1) + [recipe.last or recipe.unit]
        pairs = zip(self.units[: self.searched], self.weights, strict=False)
        shapes = [unit.shape(tuple(weight.shape)) for unit, weight in pairs]
        self.parameters = [self._started(layer, shape) for layer, shape in enumerate(shapes)]
        self.alive = within
        if recipe.prune and within is None:
            self.alive = [torch.ones_like(scores, dtype=torch.bool) for scores in self.parameters]
        self.coin = torch.Generator(task.place)
        self.epoch = 0
        self.masks: list[Tensor] = []

    def _started(self, layer: int, shape: tuple[int, ...]) -> Tensor:
        drawn = words(self.task.seed, layer, math.prod(shape), SCORES)
        scores = self.recipe.start.scores(drawn, self.task.architecture.slots[layer].fan_in)
        return torch.from_numpy(scores.reshape(shape)).to(self.task.place)

    @property
    def density(self) -> float:
        """The density of this epoch."""
        return self.recipe.schedule.density(self.task.density, self.epoch, self.task.training.epochs)

    def begin_epoch(self, epoch: int) -> None:
        """New coins, which seed and epoch determine, so that a search can go on at any epoch."""
        self.epoch = epoch
        self.coin.manual_seed(int(words(self.task.seed, epoch, 1, REDRAWS + 1)[0]))

    def begin_step(self, step: int) -> None:
        """Draws pruned weights anew, when it is time."""
        redraw = self.recipe.redraw
        if redraw is None or not step:
            return
        every = min(redraw.every, steps(len(self.task.train), self.task.training.batch))
        if step % every == 0:
            self._redraw(step // every, redraw.chance)

    def _redraw(self, event: int, chance: float) -> None:
        self._decide(None)
        for layer, mask in enumerate(self.masks):
            pruned = ~mask.bool().reshape(-1).cpu().numpy()
            coins = words(self.task.seed, (event << 8) | layer, len(pruned), REDRAWS)
            places = np.flatnonzero(pruned & (coins < chance * 2.0**32))
            self.draws[layer][places] += 1
            self._place(layer, places)

    def _place(self, layer: int, places: Integers) -> None:
        """Brings weights up to date with their draw numbers."""
        values = self.task.source.values(layer, places, self.draws[layer][places]).astype(np.float32)
        where = torch.from_numpy(places).to(self.task.place)
        self.weights[layer].view(-1)[where] = torch.from_numpy(values).to(self.task.place)

    def effective(self, training: bool) -> list[Tensor]:
        """The masked weights; the rule may toss coins while training."""
        with torch.no_grad():
            self._decide(self.coin if training else None)
            if not training:
                forget_silent(self.task.architecture, self.masks, self.statistics)
            pairs = zip(self.weights, self.masks, strict=True)
            return [self.recipe.value.effective(weight, mask) for weight, mask in pairs]

    def _decide(self, coin: torch.Generator | None) -> None:
        """The mask of each layer's weights, from the scores."""
        ranked = [self.recipe.score.ranked(scores) for scores in self.parameters]
        masks = self.recipe.rule.masks(ranked, self.density, coin)
        if self.alive is not None:
            masks = [mask * alive for mask, alive in zip(masks, self.alive, strict=True)]
        triples = zip(self.units, masks, self.weights, strict=False)
        self.masks = [unit.spread(mask, tuple(weight.shape)) for unit, mask, weight in triples]
        self.masks += [torch.ones_like(weight, dtype=torch.bool) for weight in self.weights[self.searched :]]

    def pull(self, gradients: list[Tensor]) -> None:
        """The straight-through gradient of every score."""
        recipe = self.recipe
        with torch.no_grad():
            for layer, scores in enumerate(self.parameters):
                weights, mask = self.weights[layer], self.masks[layer]
                gathered = self.units[layer].gathered(recipe.gradient.mask(gradients[layer], weights, mask))
                gradient = recipe.score.slope(scores, gathered)
                if recipe.penalty is not None:
                    gradient += recipe.penalty.gradient(scores)
                scores.grad = gradient if self.alive is None else gradient * self.alive[layer]

    def settle(self) -> None:
        """Scores back to where they may be."""
        with torch.no_grad():
            for scores in self.parameters:
                self.recipe.score.project(scores)

    def ready(self, epoch: int) -> bool:
        """Whether the density is the goal, and all pruning for good is done."""
        prune, total = self.recipe.prune, self.task.training.epochs
        if prune is None:
            return self.density == self.task.density
        return any(prune.number(earlier, total) == prune.times(total) for earlier in range(epoch))

    def end_epoch(self, epoch: int) -> None:
        """Prunes for good, when it is time."""
        prune, total = self.recipe.prune, self.task.training.epochs
        if prune is None or not (number := prune.number(epoch, total)):
            return
        with torch.no_grad():
            self._prune(self.task.density ** (number / prune.times(total)))
            if prune.rewind:
                for layer, scores in enumerate(self.parameters):
                    scores.copy_(self._started(layer, tuple(scores.shape)))

    def _prune(self, density: float) -> None:
        """Keeps the highest ranked of those alive in all layers together."""
        assert self.alive is not None
        ranked = [self.recipe.score.ranked(scores).reshape(-1) for scores in self.parameters]
        lives = [alive.reshape(-1) for alive in self.alive]
        together = torch.where(torch.cat(lives), torch.cat(ranked), -math.inf)
        kept = largest(together, min(kept_count(len(together), density), int(torch.cat(lives).sum())))
        parts = kept.split([len(part) for part in ranked])
        self.alive = [part.view(scores.shape) for part, scores in zip(parts, self.parameters, strict=True)]

    def densities(self) -> tuple[float, ...]:
        """The fraction kept of every layer."""
        return tuple(float(torch.count_nonzero(mask)) / mask.numel() for mask in self.masks)

    def chosen(self) -> Chosen:
        """The subnetwork by the scores as they are."""
        with torch.no_grad():
            self._decide(None)
            forget_silent(self.task.architecture, self.masks, self.statistics)
        flat = [mask.to(torch.int8).reshape(-1).cpu().numpy() for mask in self.masks]
        kept = [np.flatnonzero(mask) for mask in flat]
        signs = tuple(mask[at].astype(np.int64) for mask, at in zip(flat, kept, strict=True))
        draws = tuple(draw[at] for draw, at in zip(self.draws, kept, strict=True))
        shapes = tuple((layer.rows, layer.width) for layer in self.task.source.layers)
        mask = Mask(
            shapes,
            tuple(kept),
            signs if any((sign < 0).any() for sign in signs) else (),
            draws if any(draw.any() for draw in draws) else (),
        )
        return Chosen(mask, self.recipe.value.label, arrays(self.statistics))

    def tensors(self) -> dict[str, Tensor]:
        """Scores, draws, statistics, and what is alive."""
        out = {f"scores.{layer}": scores for layer, scores in enumerate(self.parameters)}
        out |= {f"draws.{layer}": torch.from_numpy(draws) for layer, draws in enumerate(self.draws)}
        out |= {f"mean.{norm}": mean for norm, (mean, _) in enumerate(self.statistics)}
        out |= {f"variance.{norm}": variance for norm, (_, variance) in enumerate(self.statistics)}
        return out | {f"alive.{layer}": alive.byte() for layer, alive in enumerate(self.alive or [])}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Takes up what `tensors` gave."""
        for name, tensor in self.tensors().items():
            tensor.copy_(tensors[name])
        self.alive = [tensors[f"alive.{layer}"].bool() for layer in range(len(self.alive))] if self.alive else None
        for layer, draws in enumerate(self.draws):
            self._place(layer, np.flatnonzero(draws))


def forget_silent(architecture: Architecture, masks: list[Tensor], statistics: list[tuple[Tensor, Tensor]]) -> None:
    """Statistics 0 and 1 for outputs that keep no weight: in training such an output is 0 behind its norm."""
    for slot, (mean, variance) in zip(architecture.normed, statistics, strict=True):
        silent = ~masks[slot].reshape(len(mean), -1).bool().any(dim=1)
        mean[silent] = 0.0
        variance[silent] = 1.0


def arrays(statistics: list[tuple[Tensor, Tensor]]) -> tuple[tuple[Floats, Floats], ...]:
    """Statistics as float32 arrays of their own."""
    return tuple((mean.cpu().numpy().copy(), variance.cpu().numpy().copy()) for mean, variance in statistics)
