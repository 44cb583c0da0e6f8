"""HideNseek: pruning at initialisation, then signs, perhaps by many clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.search.draw import Kaiming, weights_of
from slth.search.engine import outcome
from slth.search.federation import federated
from slth.search.loop import fit
from slth.search.method import methods
from slth.search.parts.rules import Signs
from slth.search.parts.scores import Signed
from slth.search.recipe import Recipe
from slth.search.settings import Training
from slth.search.supermask import Supermask
from slth.search.task import Outcome, Task
from slth.search.weak import flowing


@methods.register("hidenseek2022")
@dataclass(frozen=True)
class HideNSeek:
    """Prune by synaptic saliency before any data is seen, then learn the signs of what is left.

    Parameters
    ----------
    law : str
        normal, uniform or sign; with sign all weights of a layer have one saliency, and index order decides.
    rounds : int
        Of pruning; round r of R keeps density^(r / R).
    clients : int
        More than 1: every epoch each client trains on its own share of the pictures, from the average of all clients'
        scores after the epoch before.
    """

    law: str = "normal"
    rounds: int = 100
    clients: int = 1

    name: ClassVar[str] = "hidenseek"
    strong: ClassVar[bool] = True
    given: ClassVar[bool] = False
    title: ClassVar[str] = "HideNseek: Federated lottery ticket via server-side pruning and sign supermask"
    citation: ClassVar[str] = """@misc{hidenseek2022,
  title = {HideNseek: Federated Lottery Ticket via Server-side Pruning and Sign Supermask},
  year = {2022},
  eprint = {2206.04385},
  archiveprefix = {arXiv}
}"""
    statement: ClassVar[str] = (
        "The server prunes once, by synaptic saliency of the random network (here SynFlow's), without data; then a "
        "mask of signs, -1 or 1, is learned for the weights that are left, its gradient passing the sign as if it "
        "were the score. With clients, scores are averaged after every epoch. From the abstract: how the "
        "paper averages and draws its networks was not read."
    )

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.clients < 1:
            raise BadInput(f"rounds {self.rounds} and clients {self.clients} must be at least 1")

    def draw(self) -> Kaiming:
        """Scaled by the density that is kept."""
        return Kaiming(self.law)

    def training(self, architecture: Architecture) -> Training:
        """SGD 0.1 with momentum and cosine."""
        return Training(rate=0.1, decay=0.0)

    def recipe(self) -> Recipe:
        """Signs of signed scores."""
        return Recipe(score=Signed(), rule=Signs(0.0))

    def search(self, task: Task) -> Outcome:
        """Prunes, then trains signs."""
        weights = weights_of(task.source, task.architecture, task.place)
        within = flowing(task.architecture, weights, task.density, self.rounds)
        learner = Supermask(task, self.recipe(), within)
        if self.clients == 1:
            return outcome(fit(task, learner))
        if len(task.train) < 2 * self.clients:
            raise BadInput(f"{len(task.train)} pictures are too few for {self.clients} clients")
        return outcome(federated(task, learner, self.clients))
