"""What happens now and then: pruned weights are drawn anew, scores are pruned for good or rewound."""

from __future__ import annotations

from dataclasses import dataclass

from slth.core.errors import BadInput


@dataclass(frozen=True)
class Redraw:
    """Every so many steps each pruned weight is drawn anew with some chance, from the source's next draw of its entry.

    Parameters
    ----------
    every : int
        Steps; at most once in an epoch where an epoch has fewer.
    chance : float

    Source: Chijiwa et al. (2021), IteRand: K_per and r.
    """

    every: int = 300
    chance: float = 0.1

    def __post_init__(self) -> None:
        if self.every < 1 or not 0 <= self.chance <= 1:
            raise BadInput(f"every {self.every} must be at least 1 and chance {self.chance} in [0, 1]")


@dataclass(frozen=True)
class Prune:
    """At the end of every so many epochs the lowest ranked of all layers together are pruned for good.

    Prune number j of J leaves round(size * density^(j / J)) entries.

    Parameters
    ----------
    every : int
        Epochs.
    rewind : bool
        Whether the scores of those left go back to where they started.

    Source: Sreenivasan et al. (2022), Gem-Miner, algorithm 1.
    """

    every: int = 5
    rewind: bool = False

    def __post_init__(self) -> None:
        if self.every < 1:
            raise BadInput(f"pruning happens every 1 epoch or more, not {self.every}")

    def times(self, epochs: int) -> int:
        """How often it happens before the last epoch ends, at least once."""
        return max(1, (epochs - 1) // self.every)

    def number(self, epoch: int, epochs: int) -> int:
        """Which one happens after an epoch, counted from 0: 1, ..., J; 0 for none."""
        if (epochs - 1) < self.every:
            return 1 if epoch == max(0, epochs - 2) else 0
        turn, rest = divmod(epoch + 1, self.every)
        return turn if not rest and turn <= self.times(epochs) else 0
