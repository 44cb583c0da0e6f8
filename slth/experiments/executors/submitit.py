"""SLURM through submitit: jobs where there is a scheduler, processes of this machine where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slth.core.errors import BadInput, Unavailable
from slth.experiments.place import places


@places.register("submitit")
@dataclass(frozen=True)
class Submitit:
    """Jobs of a SLURM cluster, whose nodes must see the working folder and have slth installed.

    Parameters
    ----------
    workers : int
        Jobs at the same time.
    chunk : int
        Units of one job.
    minutes : int
        Time limit of a job.
    partition : str
        Empty: the cluster's default.
    logs : str
        Folder of submitit's own files.
    cluster : str
        Empty: SLURM where it is there, else this machine; "local" or "slurm".
    """

    workers: int = 8
    chunk: int = 20
    minutes: int = 60
    partition: str = ""
    logs: str = "submitit_logs"
    cluster: str = ""

    def __post_init__(self) -> None:
        if min(self.workers, self.chunk, self.minutes) < 1:
            raise BadInput(
                f"workers, chunk and minutes must be 1 or more, not {self.workers, self.chunk, self.minutes}"
            )

    @contextmanager
    def open(self) -> Iterator[Executor]:
        """An executor of jobs."""
        try:
            import submitit
        except ImportError:
            raise Unavailable("the executor 'submitit' needs submitit: pip install 'slth[cluster]'") from None
        jobs = submitit.AutoExecutor(folder=self.logs, cluster=self.cluster or None)
        jobs.update_parameters(timeout_min=self.minutes, cpus_per_task=1)
        if self.partition:
            jobs.update_parameters(slurm_partition=self.partition)
        pool = _Jobs(jobs, self.workers)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


class _Jobs(ThreadPoolExecutor):
    """A thread for each job that runs, which waits for it."""

    def __init__(self, jobs: Any, workers: int) -> None:
        super().__init__(workers)
        self._jobs = jobs

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        return super().submit(lambda: self._jobs.submit(function, *arguments, **options).result())
