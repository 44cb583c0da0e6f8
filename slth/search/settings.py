"""How a search is run: the optimiser's settings, and the machine's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from slth.core.errors import BadInput, Unavailable

OPTIMISERS = ("sgd", "adam", "adamw")
CURVES = ("cosine", "constant", "steps")
LARGEST = 1e30  # beyond, torch's own arithmetic overflows
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Training:
    """Optimiser and its course.

    Parameters
    ----------
    epochs, batch : int
    optimiser : str
        sgd (with momentum), adam or adamw.
    rate, momentum, decay : float
        Learning rate, momentum of sgd, weight decay of whatever is trained: of scores, in a search.
    curve : str
        cosine: to 0 over all steps. constant. steps: a tenth after one half and a hundredth after three quarters.
    warmup : float
        Epochs in which the rate rises from 0 in a line.
    smoothing : float
        Of labels.
    augment : bool
        Random shifts by up to an eighth of the side and, for colour pictures, flips.
    """

    epochs: int = 20
    batch: int = 128
    optimiser: str = "sgd"
    rate: float = 0.1
    momentum: float = 0.9
    decay: float = 1e-4
    curve: str = "cosine"
    warmup: float = 0.0
    smoothing: float = 0.0
    augment: bool = False

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 2:
            raise BadInput(
                f"a search needs at least 1 epoch and 2 pictures a batch, not {self.epochs} and {self.batch}"
            )
        for name, known in (("optimiser", OPTIMISERS), ("curve", CURVES)):
            if getattr(self, name) not in known:
                raise BadInput(f"{name} {getattr(self, name)!r} is none of {', '.join(known)}")
        for name in ("rate", "momentum", "decay", "warmup", "smoothing"):
            if not 0 <= getattr(self, name) <= LARGEST:
                raise BadInput(f"{name} must be a number from 0 to {LARGEST:g}, not {getattr(self, name)}")
        if self.momentum >= 1 or self.smoothing >= 1:
            raise BadInput(f"momentum {self.momentum} and smoothing {self.smoothing} must be below 1")

    def rate_at(self, step: int, steps: int) -> float:
        """The learning rate of a step, counted from 0, when an epoch has `steps`."""
        rising = self.warmup * steps
        if step < rising:
            return self.rate * (step + 1) / rising
        done = (step - rising) / max(1.0, self.epochs * steps - rising)
        if self.curve == "cosine":
            return self.rate * 0.5 * (1 + math.cos(math.pi * done))
        return self.rate * (0.1 ** ((done >= 0.5) + (done >= 0.75)) if self.curve == "steps" else 1.0)

    def over(self, parameters: list[torch.Tensor]) -> torch.optim.Optimizer:
        """torch's optimiser of these parameters."""
        if self.optimiser == "sgd":
            return torch.optim.SGD(parameters, self.rate, momentum=self.momentum, weight_decay=self.decay)
        kind = torch.optim.Adam if self.optimiser == "adam" else torch.optim.AdamW
        return kind(parameters, self.rate, weight_decay=self.decay)


@dataclass(frozen=True)
class Machine:
    """Where and how numbers are computed.

    Parameters
    ----------
    device : str
        auto: a GPU when there is one; cpu; cuda; cuda:1; mps.
    precision : str
        float32, or bfloat16 for torch's automatic mixed precision: scores stay in float32.
    compiled : bool
        Whether torch.compile compiles the network's forward and backward pass.
    """

    device: str = "auto"
    precision: str = "float32"
    compiled: bool = False

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise BadInput(f"precision {self.precision!r} is none of {', '.join(PRECISIONS)}")

    @property
    def place(self) -> torch.device:
        """The torch device.

        Raises
        ------
        BadInput
            For a name that torch does not know.
        Unavailable
            For a device that is not there.
        """
        if self.device == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        try:
            found = torch.device(self.device)
        except RuntimeError:
            raise BadInput(f"--device {self.device} is none of auto, cpu, cuda, cuda:N, mps") from None
        if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
            raise Unavailable(f"--device {self.device}: torch sees {torch.cuda.device_count()} GPUs here; take auto")
        if found.type == "mps" and not torch.backends.mps.is_available():
            raise Unavailable("--device mps: torch sees no such device here; take auto")
        return found
