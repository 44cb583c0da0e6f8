"""How much each weight of a random network matters, by gradients before any training."""

from __future__ import annotations

import torch
from torch import Tensor

from slth.core.architecture import Architecture
from slth.search.batches import batches
from slth.search.evaluate import measured_statistics
from slth.search.forward import blank_statistics, forward
from slth.search.loop import loss_of
from slth.search.task import Task

BATCHES = 10
"""Batches over which saliencies that look at data are summed."""


def connection(task: Task, weights: list[Tensor]) -> list[Tensor]:
    """|W dL/dW|, the gradient summed over some batches. Source: Lee et al. (2019), equation 5."""
    gradients = _gradients(task, _leaves(weights), create=False)
    return [(weight * gradient).abs() for weight, gradient in zip(weights, gradients, strict=True)]


def flow(task: Task, weights: list[Tensor], temperature: float) -> list[Tensor]:
    """W (H g): how much of the gradient's norm is lost with a weight. Source: Wang et al. (2020), equation 8, negated.

    H is the Hessian and g the gradient of the loss over some batches, outputs being divided by a temperature.
    """
    leaves = _leaves(weights)
    gradients = _gradients(task, leaves, create=True, temperature=temperature)
    fixed = [gradient.detach() for gradient in gradients]
    product = torch.stack([(g * f).sum() for g, f in zip(gradients, fixed, strict=True)]).sum()
    hessian = torch.autograd.grad(product, leaves)
    return [weight * curved for weight, curved in zip(weights, hessian, strict=True)]


def synaptic_flow(architecture: Architecture, weights: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
    """|W| dR/d|W| of the masked network of magnitudes, R being the sum of its outputs for an input of ones.

    Without data, in float64. Source: Tanaka et al. (2020), equation 2.
    """
    place = weights[0].device
    leaves = _leaves([(weight * mask).abs().double() for weight, mask in zip(weights, masks, strict=True)])
    ones = torch.ones((1, *architecture.input_shape), dtype=torch.float64, device=place)
    statistics = [(mean.double(), variance.double()) for mean, variance in blank_statistics(architecture, place)]
    total = forward(architecture.bare, leaves, ones, statistics, training=False).sum()
    gradients = torch.autograd.grad(total, leaves)
    return [leaf.detach() * gradient for leaf, gradient in zip(leaves, gradients, strict=True)]


def _leaves(weights: list[Tensor]) -> list[Tensor]:
    return [weight.detach().clone().requires_grad_() for weight in weights]


def _gradients(task: Task, leaves: list[Tensor], create: bool, temperature: float = 1.0) -> list[Tensor]:
    """The gradient of the loss, summed over the first batches of an epoch."""
    statistics = measured_statistics(task.architecture, leaves, task.train, task.training.batch)
    total = [torch.zeros_like(leaf) for leaf in leaves]
    for number, batch in enumerate(batches(task.train, task.training.batch, task.seed, 0, augment=False)):
        if number == BATCHES:
            break
        outputs = forward(task.architecture, leaves, batch.images, statistics, training=True)
        loss = loss_of(outputs / temperature, batch, task.training.smoothing)
        gradients = torch.autograd.grad(loss, leaves, create_graph=create)
        total = [so_far + gradient for so_far, gradient in zip(total, gradients, strict=True)]
    return total
