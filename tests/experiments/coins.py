"""A measure of which everything is known, and places that say what they were asked to compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from slth.core.errors import BadInput
from slth.experiments.draws import Draws
from slth.experiments.measure import Measure, Outcome, Said
from slth.experiments.units import Unit


@dataclass(frozen=True)
class Coin(Measure):
    """n throws of a coin; a success is a head among them, the value is how many there are.

    Parameters
    ----------
    n : int
    heads : float
        The chance of a head.
    promise, side, statistic
        What a theorem is made to say of it; no theorem where the side is empty.
    """

    n: int
    heads: float = 0.5
    promise: float = 0.0
    side: str = ""
    statistic: str = "chance"

    title: ClassVar[str] = "coins: whether n throws show a head"
    value: ClassVar[str] = "heads"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.n < 1 or not 0 <= self.heads <= 1:
            raise BadInput(f"needs n >= 1 and 0 <= heads <= 1, not n={self.n}, heads={self.heads}")

    def check(self) -> None:
        if self.n > 1000:
            raise BadInput(f"n must be at most 1000, not {self.n}")

    def run(self, draws: Draws) -> Outcome:
        heads = (draws.words(self.n) < self.heads * 2.0**32).sum(1)
        return Outcome(heads > 0, heads.astype(np.float64))

    def said(self) -> tuple[Said, ...]:
        exact = Said("exact", "model", 1 - (1 - self.heads) ** self.n)
        return (exact, Said("pledge", self.side, self.promise, self.statistic)) if self.side else (exact,)  # type: ignore[arg-type]

    def facts(self) -> dict[str, int]:
        return {"throws": self.n}


class _Told(Executor):
    def __init__(self, asked: list[Unit], spoil: Callable[[int], None]) -> None:
        self.asked, self.spoil = asked, spoil

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            self.spoil(len(self.asked))
            self.asked += arguments[0]
            future.set_result(function(*arguments, **options))
        except Exception as error:
            future.set_exception(error)
        return future


@dataclass(frozen=True)
class Told:
    """This process, with a list of the units that it was asked for.

    Parameters
    ----------
    spoil : callable(int)
        Called with the number of units so far before any more; may raise.
    """

    workers: int = 2
    chunk: int = 3
    asked: list[Unit] = field(default_factory=list)
    opened: list[bool] = field(default_factory=list)
    spoil: Callable[[int], None] = lambda _: None

    @contextmanager
    def open(self) -> Iterator[Executor]:
        self.opened.append(True)
        yield _Told(self.asked, self.spoil)
