"""A Dask cluster: one that runs, named by its scheduler, or workers started on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slth.core.errors import Unavailable
from slth.experiments.place import places, workers_of


@places.register("dask")
@dataclass(frozen=True)
class Dask:
    """A Dask cluster, whose workers must have slth installed.

    Parameters
    ----------
    scheduler : str
        Address of a running scheduler, tcp://host:8786; empty: a cluster on this machine, for this sweep only.
    workers : int
        Processes of a cluster on this machine, 0 for one a core; for a running one, how many it is taken to have.
    chunk : int
        Most units handed out together.
    """

    scheduler: str = ""
    workers: int = 0
    chunk: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "workers", workers_of(self.workers, self.chunk))

    @contextmanager
    def open(self) -> Iterator[Executor]:
        """A client of the cluster."""
        try:
            from distributed import CancelledError, Client, KilledWorker, LocalCluster
            from distributed.comm import CommClosedError
        except ImportError:
            raise Unavailable("the executor 'dask' needs distributed: pip install 'slth[cluster]'") from None
        try:
            with self._client(Client, LocalCluster) as client, client.get_executor(pure=False) as pool:
                yield pool
        except (KilledWorker, CancelledError, CommClosedError) as error:
            raise Unavailable(f"a Dask worker stopped or the scheduler is gone ({type(error).__name__})") from None

    @contextmanager
    def _client(self, connect: Any, cluster_of: Any) -> Iterator[Any]:
        if not self.scheduler:
            with (
                cluster_of(self.workers, threads_per_worker=1, dashboard_address=None) as cluster,
                connect(cluster, set_as_default=False) as client,
            ):
                yield client
            return
        try:
            client = connect(self.scheduler, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            raise Unavailable(f"{self.scheduler}: no Dask scheduler answers ({type(error).__name__})") from None
        with client:
            yield client
