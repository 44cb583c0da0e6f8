"""Where units are computed: what an executor plug-in is. To the runner all are executors of `concurrent.futures`."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import AbstractContextManager
from typing import Protocol

from slth.core.registry import Registry


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


places: Registry[Place] = Registry("executor", "slth.experiments.executors")
