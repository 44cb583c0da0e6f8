"""Something with parameters that a loop of training moves: scores of a mask, or weights behind a mask."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from slth.search.task import Chosen


class Learner(Protocol):
    """What `loop.fit` trains.

    Attributes
    ----------
    parameters : list of Tensor
        Leaves that the optimiser changes by their `grad`.
    statistics : list of (mean, variance)
        Running statistics of the norms, updated in place.
    """

    parameters: list[Tensor]
    statistics: list[tuple[Tensor, Tensor]]

    def begin_epoch(self, epoch: int) -> None:
        """Before the first batch of an epoch, counted from 0."""
        ...

    def begin_step(self, step: int) -> None:
        """Before a batch; steps are counted from 0 over all epochs."""
        ...

    def effective(self, training: bool) -> list[Tensor]:
        """The weights of the network as it stands, one tensor a slot."""
        ...

    def pull(self, gradients: list[Tensor]) -> None:
        """Sets the gradients of the parameters, given those of the effective weights."""
        ...

    def settle(self) -> None:
        """After the optimiser's step."""
        ...

    def ready(self, epoch: int) -> bool:
        """Whether the network that an epoch ended with may be the result."""
        ...

    def end_epoch(self, epoch: int) -> None:
        """After an epoch was evaluated."""
        ...

    def densities(self) -> tuple[float, ...]:
        """The fraction kept of every layer."""
        ...

    def chosen(self) -> Chosen:
        """The subnetwork as it stands."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """All that a later process needs to go on, the optimiser aside."""
        ...

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Takes up what `tensors` gave."""
        ...
