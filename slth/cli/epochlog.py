"""The log of a search: log.csv with a row for each epoch, and TensorBoard's event files where tensorboardX is there."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from slth.core.errors import Unavailable

if TYPE_CHECKING:
    from slth.search.task import Epoch

NAME = "log.csv"
NUMBERS = ("loss", "train_accuracy", "validation_accuracy", "density", "rate", "seconds")
COLUMNS = ("stage", "epoch", *NUMBERS, "eligible")


class EpochLog:
    """The files of one search in one folder, which is made with the first epoch.

    A search that goes on after epoch k keeps the rows of epochs 1 to k; one that begins replaces all.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder, self.say = folder, say
        self._begun = False
        self._board: Any = None

    def __enter__(self) -> EpochLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._board is not None:
            self._board.close()
        if kind is None and not self._begun:  # a method without epochs: no rows, and none of an earlier search
            self._write([])

    def take(self, stage: int, record: Epoch) -> None:
        """Adds an epoch. Stages, from 1, are the trainings of a method: of scores first, of weights afterwards."""
        if not self._begun:
            self._begin(record)
            self._begun = True
        values = [getattr(record, name) for name in NUMBERS]
        row = [stage, record.number + 1, *("" if value is None else value for value in values), record.eligible]
        with self._named(), (self.folder / NAME).open("a", newline="", encoding="utf-8") as handle:
            csv.writer(handle).writerow([*row, *record.densities])
        if self._board is not None:
            self._show(stage, record)

    def _begin(self, record: Epoch) -> None:
        header = [*COLUMNS, *(f"density {layer}" for layer in range(len(record.densities)))]
        self._write([header, *_earlier(self.folder / NAME, header, record.number)])
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            self.say("TensorBoard's files need tensorboardX: pip install 'slth[search]'; log.csv is written")
            return
        self._board = SummaryWriter(str(self.folder), purge_step=record.number + 1)

    def _write(self, lines: list[list[str]]) -> None:
        with self._named(), contextlib.suppress(FileExistsError):
            self.folder.mkdir()
        with self._named(), (self.folder / NAME).open("w", newline="", encoding="utf-8") as handle:
            csv.writer(handle).writerows(lines or [[*COLUMNS]])

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Says which file could not be written."""
        try:
            yield
        except OSError as error:
            raise Unavailable(f"{self.folder / NAME}: cannot be written: {error.strerror}") from None

    def _show(self, stage: int, record: Epoch) -> None:
        before = "" if stage == 1 else f"stage {stage}/"
        numbers = {name: getattr(record, name) for name in NUMBERS}
        numbers |= {f"densities/{layer}": density for layer, density in enumerate(record.densities)}
        for name, value in numbers.items():
            if value is not None:
                self._board.add_scalar(before + name, value, record.number + 1)
        self._board.flush()


def _earlier(path: Path, header: list[str], count: int) -> list[list[str]]:
    """The first `count` epochs of a log of the same columns; a line that a kill cut short is none."""
    if not count or not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as handle:
        lines = [line for line in csv.reader(handle) if len(line) == len(header)]
    if lines[:1] != [header]:
        return []
    return [line for line in lines[1:] if line[0] == "1" and line[1].isdigit() and int(line[1]) <= count]
