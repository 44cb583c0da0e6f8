"""Processes of this machine: the default, one for each core."""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slth.experiments.place import places, workers_of


@places.register("processes")
@dataclass(frozen=True)
class Processes:
    """Processes of this machine.

    Parameters
    ----------
    workers : int
        0: one for each core.
    chunk : int
        Most units handed out together.
    """

    workers: int = 0
    chunk: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "workers", workers_of(self.workers, self.chunk))

    @contextmanager
    def open(self) -> Iterator[Executor]:
        """New processes that end with this one, however it ends."""
        context, others = multiprocessing.get_context("spawn"), multiprocessing.active_children()
        pool = _Pool(self.workers, mp_context=context, initializer=_follow_parent)
        try:
            yield pool
        except BaseException:  # nobody waits for what they are at
            for worker in multiprocessing.active_children():
                if worker not in others:
                    worker.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


class _Pool(ProcessPoolExecutor):
    """Workers are started by submissions, and inherit what is held there."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        with _interrupts_held():
            return super().submit(function, *arguments, **options)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C, which goes to all processes of a terminal, waits in this one and never comes in those it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow_parent() -> None:
    """One thread for each process, and an end when the parent is gone: a killed sweep leaves nobody behind."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
