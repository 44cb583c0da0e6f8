"""Computes units of work wherever they can be computed, keeps each as it comes, and reads what is kept."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from slth.core.errors import Unavailable
from slth.experiments.place import Place
from slth.experiments.units import Store, Tally, Unit, work

Tick = Callable[[str, int, int], None]
AHEAD = 3  # chunks handed out for each worker: enough to keep it busy, few enough to lose little


@dataclass
class Runner:
    """A store and a place to compute, which is opened when something is missing.

    Parameters
    ----------
    store : Store
    place : Place
    tick : callable(what, done, total)
        Told how many units there are.
    """

    store: Store
    place: Place
    tick: Tick
    _pool: Executor | None = field(default=None, init=False)
    _opened: ExitStack = field(default_factory=ExitStack, init=False)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *ending: Any) -> None:
        self._opened.__exit__(*ending)  # a place may end otherwise, or say otherwise what happened

    def tallies(self, cells: Sequence[Sequence[Unit]], what: str) -> list[Tally]:
        """What is found for each of some cells, given by their units; only what is missing is computed.

        Raises
        ------
        BadFile
            When a kept file is not what was written.
        Unavailable
            When a worker dies or a file can not be written; what was computed stays.
        """
        units = list(dict.fromkeys(unit for cell in cells for unit in cell))
        missing = [unit for unit in units if not self.store.has(unit)]
        done = len(units) - len(missing)
        self.tick(what, done, len(units))
        for unit, content in self._computed(missing):
            self.store.write(unit, content)
            done += 1
            self.tick(what, done, len(units))
        return [Tally.of([self.store.read(unit) for unit in cell]) for cell in cells]

    def _computed(self, units: list[Unit]) -> Iterator[tuple[Unit, bytes]]:
        """The units in the order in which they are ready."""
        if not units:
            return
        pool = self._workers()
        size = max(1, min(self.place.chunk, math.ceil(len(units) / self.place.workers)))
        chunks = iter([units[begin : begin + size] for begin in range(0, len(units), size)])
        running: dict[Future[list[bytes]], list[Unit]] = {}
        try:
            while True:
                for chunk in itertools.islice(chunks, AHEAD * self.place.workers - len(running)):
                    running[pool.submit(work, chunk)] = chunk
                if not running:
                    return
                ended = wait(running, return_when=FIRST_COMPLETED).done
                for future in sorted(ended, key=_failed):  # what succeeded is kept before an error ends it all
                    yield from zip(running.pop(future), future.result(), strict=True)
        except BrokenExecutor as error:
            raise Unavailable(f"a worker stopped: {error} The same command again goes on where this one was") from None
        finally:
            for future in running:
                future.cancel()

    def _workers(self) -> Executor:
        if self._pool is None:
            self._pool = self._opened.enter_context(self.place.open())
        return self._pool


def _failed(future: Future[list[bytes]]) -> bool:
    return future.cancelled() or future.exception() is not None
