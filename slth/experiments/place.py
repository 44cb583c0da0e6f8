"""Where units are computed: what an executor plug-in is. To the runner all are executors of `concurrent.futures`."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import AbstractContextManager
from typing import Protocol

from slth.core.errors import BadInput
from slth.core.registry import Registry
from slth.rss.problem import all_cores


class Place(Protocol):
    """A frozen dataclass whose fields are its options.

    Attributes
    ----------
    workers : int
        Units computed at the same time.
    chunk : int
        Most units handed out together.
    """

    @property
    def workers(self) -> int: ...

    @property
    def chunk(self) -> int: ...

    def open(self) -> AbstractContextManager[Executor]:
        """Workers, until the context ends.

        Raises
        ------
        Unavailable
            When a package or the cluster is missing.
        """
        ...


def workers_of(workers: int, chunk: int) -> int:
    """How many workers are meant, 0 standing for one a core.

    Raises
    ------
    BadInput
        For fewer than 0 workers or chunks of fewer than 1.
    """
    if workers < 0 or chunk < 1:
        raise BadInput(f"workers must be 0 or more and chunk 1 or more, not {workers} and {chunk}")
    return workers or all_cores()


places: Registry[Place] = Registry("executor", "slth.experiments.executors")
