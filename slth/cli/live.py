"""What a search shows on a terminal while it goes on: the last epochs, and how far this one is."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from slth.cli import screen

if TYPE_CHECKING:
    from slth.search.task import Epoch

SHOWN = 8
LAYERS = 8
"""Densities shown of an epoch; networks of more layers show the first ones."""


class Silent:
    """Shows nothing but notes: what hears is no terminal."""

    def note(self, line: str) -> None:
        """A line that stays."""
        screen.note(line)

    def batch(self, stage: int, epoch: int, step: int, steps: int, loss: float) -> None:
        """Nothing."""

    def epoch(self, stage: int, record: Epoch) -> None:
        """Nothing."""

    def count(self, done: int, of: int) -> None:
        """Nothing."""


class Live(Silent):
    """The last epochs as a table and a line below it, drawn a few times a second by rich.

    Parameters
    ----------
    title : str
        Which search it is.
    epochs : int
        Of the first stage, in which scores are trained.
    console : Console
        Of rich, on the error stream.
    """

    def __init__(self, title: str, epochs: int, console: Any) -> None:
        self.console = console
        self.title, self.epochs = title, epochs
        self.records: deque[Epoch] = deque(maxlen=SHOWN)
        self.stage = 1
        self.first: float | None = None
        self.begun = time.monotonic()
        self.now: tuple[int, int, int, float] | None = None
        self.counted: tuple[int, int] | None = None

    def note(self, line: str) -> None:
        """A line above what is drawn."""
        self.console.print(f"  {line}", markup=False, highlight=False)

    def batch(self, stage: int, epoch: int, step: int, steps: int, loss: float) -> None:
        """A step of an epoch."""
        self._arrived(stage, epoch + step / steps)
        self.now = (epoch, step, steps, loss)

    def epoch(self, stage: int, record: Epoch) -> None:
        """The end of an epoch."""
        self._arrived(stage, record.number + 1)
        self.records.append(record)
        self.now = None

    def count(self, done: int, of: int) -> None:
        """Test pictures that are counted."""
        self.counted = (done, of)

    def _arrived(self, stage: int, done: float) -> None:
        if stage != self.stage:
            self.stage, self.first, self.now = stage, None, None
            self.records.clear()
        if self.first is None:
            self.first = done
            self.begun = time.monotonic()

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        done = self._done()
        line = Table.grid(padding=(0, 2))
        cells: list[Any] = [f"  {self.title}", self._where()]
        if self.stage == 1:
            cells += [ProgressBar(self.epochs, done, width=24), self._left(done)]
        line.add_row(*cells)
        return Group(self._table(), line) if self.records else line

    def _done(self) -> float:
        """Epochs that are done, the fraction of this one included."""
        if self.now is not None:
            epoch, step, steps, _ = self.now
            return epoch + step / steps
        return self.records[-1].number + 1 if self.records else 0

    def _where(self) -> str:
        of = f" of {self.epochs}" if self.stage == 1 else ""
        after = "" if self.stage == 1 else "training weights, "
        if self.counted is not None:
            return f"counting correct answers, {self.counted[0]:,} of {self.counted[1]:,} pictures"
        if self.now is not None:
            epoch, step, steps, loss = self.now
            return f"{after}epoch {epoch + 1}{of}  step {step:,} of {steps:,}  loss {loss:.4f}"
        if not self.records:
            return "getting ready"
        number = self.records[-1].number + 1
        if self.stage == 1 and number == self.epochs:
            return "choosing the ticket"
        return f"{after}epoch {number}{of} done"

    def _left(self, done: float) -> str:
        """Time left, by the speed so far."""
        here = done - (self.first or 0)
        if here <= 0:
            return ""
        seconds = round((time.monotonic() - self.begun) / here * (self.epochs - done))
        hours, rest = divmod(max(0, seconds), 3600)
        return f"{hours}:{rest // 60:02}:{rest % 60:02} left"

    def _table(self) -> Any:
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
        for name in ("  epoch", "loss", "train", "validation", "density"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("by layer", no_wrap=True, overflow="ellipsis")
        for record in self.records:
            held = record.validation_accuracy
            layers = " ".join(f"{density:.3f}" for density in record.densities[:LAYERS])
            table.add_row(
                str(record.number + 1),
                f"{record.loss:.4f}",
                f"{100 * record.train_accuracy:.2f} %",
                "" if held is None else f"{100 * held:.2f} %",
                f"{record.density:.4f}",
                layers + (" ..." if len(record.densities) > LAYERS else ""),
            )
        return table


@contextmanager
def live(title: str, epochs: int) -> Iterator[Silent]:
    """The display on a terminal, silence elsewhere; it leaves nothing behind."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console
    from rich.live import Live as Drawn

    console = Console(stderr=True)
    shown = Live(title, epochs, console)
    with Drawn(get_renderable=shown.__rich__, console=console, transient=True, refresh_per_second=4):
        yield shown
