"""SLURM through submitit: jobs where there is a scheduler, processes of this machine where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slth.core.errors import BadInput, SlthError, Unavailable
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
        try:
            jobs = submitit.AutoExecutor(folder=self.logs, cluster=self.cluster or None)
        except (OSError, RuntimeError, ValueError) as error:
            raise Unavailable(f"submitit can not start, in the folder {self.logs}: {error}") from None
        jobs.update_parameters(timeout_min=self.minutes, cpus_per_task=1)
        if self.partition:
            jobs.update_parameters(slurm_partition=self.partition)
        pool = _Jobs(jobs, self.workers, (submitit.core.utils.UncompletedJobError, submitit.core.utils.FailedJobError))
        try:
            yield pool
        except BaseException:  # nobody waits for what they are at
            pool.give_up()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


class _Jobs(ThreadPoolExecutor):
    """A thread for each job that runs, which waits for it."""

    def __init__(self, jobs: Any, workers: int, failures: tuple[type[Exception], ...]) -> None:
        super().__init__(workers)
        self._jobs, self._failures = jobs, failures
        self._running: dict[str, Any] = {}

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        return super().submit(self._result, function, arguments, options)

    def give_up(self) -> None:
        """End the jobs that run."""
        for job in list(self._running.values()):
            job.cancel(check=False)

    def _result(self, function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        try:
            job = self._jobs.submit(_outcome, function, arguments, options)
        except self._failures as error:
            raise BrokenExecutor(f"no job could be submitted: {error}.") from None
        self._running[job.job_id] = job
        try:
            result, refusal = job.result()
        except self._failures:
            raise BrokenExecutor(
                f"job {job.job_id} ended without a result; its logs are in {job.paths.folder}."
            ) from None
        finally:
            del self._running[job.job_id]
        if refusal is not None:
            raise refusal
        return result


def _outcome(
    function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]
) -> tuple[Any, SlthError | None]:
    """In the job: what is computed, or an error that was foreseen, of which submitit would keep the text alone."""
    try:
        return function(*arguments, **options), None
    except SlthError as error:
        return None, error
