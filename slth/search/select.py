"""The k largest of many scores: exactly k, ties to the lower index, without a full sort.

A strided sample brackets the k-th largest score, what lies inside the bracket is searched, and the answer is checked by
counting: a sample that misleads costs time and nothing else (Floyd and Rivest, CACM 1975, in vectors).
"""

from __future__ import annotations

import torch
from torch import Tensor

SMALL = 1 << 15
"""Below this a plain selection is as fast."""
SAMPLE = 1 << 16
STRIDE = 32
"""The sample is at most one score in so many: sorting more of a small layer takes longer than selecting in it."""
SORTED_ON_GPU = 1 << 22
"""Up to this a GPU sorts sooner than it waits for a count."""


def largest(scores: Tensor, k: int) -> Tensor:
    """Where the k largest scores are: a boolean tensor of their shape, contiguous, with exactly k entries true.

    Of equal scores those with the lower row-major number come first, whatever the memory format. Scores are finite.
    """
    flat = scores.detach().reshape(-1)
    if k <= 0 or k >= len(flat):
        return torch.full(scores.shape, k > 0, dtype=torch.bool, device=scores.device)
    return _kept(flat, _kth_largest(flat, k), k).view(scores.shape)


def _kept(flat: Tensor, threshold: Tensor, k: int) -> Tensor:
    """All above the threshold, and of those that equal it the first ones, k together."""
    kept = flat >= threshold
    if flat.is_cuda:  # no count that the CPU would have to wait for
        ties = flat == threshold
        spare = ties.cumsum(0, dtype=torch.int32) > k - (kept ^ ties).sum()
        return kept & ~(ties & spare)
    extra = int(torch.count_nonzero(kept)) - k
    if extra:
        ties = (flat == threshold).nonzero().view(-1)
        kept[ties[len(ties) - extra :]] = False
    return kept


def _kth_largest(flat: Tensor, k: int) -> Tensor:
    """The k-th largest number, 1 <= k <= len(flat)."""
    total = len(flat)
    if flat.is_cuda and total <= SORTED_ON_GPU:
        return flat.sort().values[total - k]
    if total <= SMALL:
        return flat.kthvalue(total - k + 1).values
    low, high = _bracket(flat, k)
    beyond = flat > high
    inside = flat[(flat >= low) ^ beyond]
    wanted = k - int(torch.count_nonzero(beyond))  # counted from the top of the bracket
    if 1 <= wanted <= len(inside):
        return inside.kthvalue(len(inside) - wanted + 1).values
    return flat.kthvalue(total - k + 1).values


def _bracket(flat: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Two numbers between which the k-th largest lies, but for samples that are off by eight standard deviations."""
    sample = flat[:: max(STRIDE, len(flat) // SAMPLE)].sort().values
    place = int(len(sample) * (1 - k / len(flat)))
    margin = 4 * int(len(sample) ** 0.5)
    return sample[max(place - margin, 0)], sample[min(place + margin, len(sample) - 1)]
