"""This process alone: for debugging, and for the smallest sweeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from slth.experiments.place import places


class _Here(Executor):
    """Computes when it is asked."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function(*arguments, **options))
        except Exception as error:  # whoever asks for the result meets it
            future.set_exception(error)
        return future


@places.register("serial")
@dataclass(frozen=True)
class Serial:
    """This process alone."""

    workers: ClassVar[int] = 1
    chunk: ClassVar[int] = 1

    @contextmanager
    def open(self) -> Iterator[Executor]:
        """Nothing to open."""
        yield _Here()
