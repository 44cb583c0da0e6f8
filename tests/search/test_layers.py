"""Layer removal: whole branches of sums, against a reference that names the layers of a small residual network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from reference import EdgePopup
from toy import CONV, DENSE, RESIDUAL, SHORT, same, search, shaped, task_for

from slth.core.errors import BadInput
from slth.search.architectures import architecture_for
from slth.search.branches import branches
from slth.search.methods.layerremoval import LayerRemoval

TWO = """conv 4 3x3 same; norm; relu; save a; conv 4 3x3 same; norm; relu; conv 4 3x3 same; norm; add a; relu;
save b; conv 4 3x3 same; norm; add b; relu; globalpool; flatten; dense 6; relu; dense"""
BRANCHES = [(1, 2), (3,)]
SIZES = [36, 144, 144, 144, 24, 18]


def test_branches_of_resnet20():
    """Main branches, of two convolutions each; the shortcuts of the wider stages are layers 9 and 16."""
    found = branches(architecture_for("resnet20", (3, 32, 32), 10))
    assert found == [(1, 2), (3, 4), (5, 6), (7, 8), (10, 11), (12, 13), (14, 15), (17, 18), (19, 20)]
    assert branches(shaped(TWO)) == BRANCHES and branches(shaped(RESIDUAL)) == [(1,)]
    assert branches(shaped(CONV)) == branches(shaped(DENSE)) == []


@pytest.mark.parametrize(
    "density, removed", [(1.0, []), (0.99, [3]), (366 / 510, [3]), (365 / 510, [1, 2, 3]), (0.2, [1, 2, 3])]
)
def test_the_last_branches_go_first(density, removed):
    plugin = LayerRemoval(train=False)
    task = task_for(plugin, shaped(TWO), density=density)
    chosen = plugin.search(task).chosen
    assert [len(kept) for kept in chosen.mask.kept] == [n * (k not in removed) for k, n in enumerate(SIZES)]
    for slot, (mean, variance) in zip(task.architecture.normed, chosen.statistics, strict=True):
        assert (slot in removed) == bool((mean == 0).all() and (variance == 1).all())


def reference_order(task, weights) -> list[tuple[int, ...]]:
    """By the mean of |W dL/dW| of a branch's weights, the gradient summed over the first ten batches."""
    import torch.nn.functional as F
    from reference import batches

    def network(w, x):
        def normed(z):
            return F.batch_norm(z, None, None, None, None, True, 0.1, 1e-5)

        a = F.relu(normed(F.conv2d(x, w[0], padding=1)))
        b = normed(F.conv2d(F.relu(normed(F.conv2d(a, w[1], padding=1))), w[2], padding=1))
        b = F.relu(b + a)
        c = F.relu(normed(F.conv2d(b, w[3], padding=1)) + b)
        return F.linear(F.relu(F.linear(c.mean(dim=(2, 3)), w[4])), w[5])

    leaves = [weight.clone().requires_grad_() for weight in weights]
    for number, (x, y) in enumerate(batches(task, 0)):
        if number < 10:
            F.cross_entropy(network(leaves, x), y).backward()
    worth = [(weight * leaf.grad).abs() for weight, leaf in zip(weights, leaves, strict=True)]
    means = {b: torch.cat([worth[layer].reshape(-1) for layer in b]).mean() for b in BRANCHES}
    return sorted(BRANCHES, key=lambda branch: means[branch])


@pytest.mark.parametrize("seed", range(4))
def test_by_saliency(seed):
    plugin = LayerRemoval(order="saliency", train=False)
    task = task_for(plugin, shaped(TWO), density=0.99, seed=seed)
    first = reference_order(task, EdgePopup(task, None).weights)[0]
    kept = plugin.search(task).chosen.mask.kept
    assert [layer for layer, here in enumerate(kept) if not len(here)] == list(first)


def test_the_sum_hands_on_its_other_side():
    """The ticket is the network without the branch."""
    found = search(LayerRemoval(), TWO, density=0.8, training=replace(SHORT, epochs=2))
    assert 0 <= found.notes["trained_accuracy"] <= 1
    network = found.ticket.network
    dead = network.affine[3]
    assert not dead.weight.any() and (dead.bias is None or not dead.bias.any())
    again = search(LayerRemoval(), TWO, density=0.8, training=replace(SHORT, epochs=2))
    same(found, again)
    assert found.notes == again.notes


def test_what_can_not_be_removed():
    for spec in (CONV, DENSE):
        with pytest.raises(BadInput, match="no sums"):
            search(LayerRemoval(), spec)
    with pytest.raises(BadInput, match=r"a fraction 0\.153 is left"):
        search(LayerRemoval(), TWO, density=0.1)
    with pytest.raises(BadInput, match="last or saliency"):
        LayerRemoval(order="first")


def test_outputs_of_a_removed_branch_are_nought():
    plugin = LayerRemoval(train=False)
    found = search(plugin, RESIDUAL, density=0.7)
    pictures = np.random.default_rng(0).random((5, 1, 8, 8))
    network = found.ticket.network
    first, last = network.affine[0], network.affine[2:]
    z = np.maximum(first(pictures), 0)
    for layer in last:
        z = z.mean(axis=(2, 3)) if z.ndim == 4 else np.maximum(z, 0)
        z = layer(z)
    np.testing.assert_allclose(network(pictures), z, rtol=0, atol=1e-12)
