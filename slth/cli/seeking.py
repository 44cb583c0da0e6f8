"""One search from the command line: shown while it goes on, logged, resumed, written as a ticket."""

from __future__ import annotations

import json
import shlex
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slth.cli import screen
from slth.cli.epochlog import EpochLog
from slth.cli.live import Silent, live

if TYPE_CHECKING:
    from slth.core.architecture import Architecture
    from slth.core.given import Given
    from slth.datasets.dataset import Dataset
    from slth.search.find import Found
    from slth.search.method import Method
    from slth.search.settings import Machine, Training
    from slth.search.task import Epoch

UNFINISHED = ".part"


@dataclass(frozen=True, eq=False)
class Wanted:
    """All of a search but its seed; `where` are the options that find its data again."""

    method: Method
    architecture: Architecture
    data: Dataset
    where: tuple[str, ...]
    density: float
    training: Training
    machine: Machine
    held_out: float
    sanity: bool
    source: Given | None = None

    def check(self) -> None:
        """Raises BadInput for what would end the search before its first step: seconds into it, or a later seed."""
        from slth.datasets.split import validation

        if self.source is None:
            _ = self.method.draw().source(self.architecture, 0, self.density)
        if self.held_out:
            validation(self.data.train, self.held_out, 0)

    @property
    def settings(self) -> dict[str, Any]:
        """All that determines what a seed gives, as JSON."""
        import torch

        from slth.search.method import key_of
        from slth.version import __version__

        found = {
            "method": key_of(self.method),
            "options": asdict(self.method),  # type: ignore[call-overload]
            "architecture": repr(self.architecture),
            "density": self.density,
            "training": asdict(self.training),
            "precision": self.machine.precision,
            "device": self.machine.place.type,
            "held_out": self.held_out,
            "sanity": self.sanity,
            "train": self.data.train.digest,
            "test": self.data.test.digest,
            "preprocessing": asdict(self.data.preprocessing),
            "given_weights": self.source and self.source.digest,
            "torch": torch.__version__,
            "slth": __version__,
        }
        read: dict[str, Any] = json.loads(json.dumps(found))
        return read


@dataclass
class _Ear:
    """Hears of batches and epochs. Methods that train weights afterwards count epochs anew: another stage."""

    epochs: int
    log: EpochLog | None
    show: Silent
    stage: int = 1
    last: int = field(default=-1)

    def batch(self, epoch: int, step: int, steps: int, loss: float) -> None:
        """Now and then."""
        self._arrived(epoch)
        self.show.batch(self.stage, epoch, step, steps, loss)

    def epoch(self, record: Epoch) -> None:
        """After each epoch."""
        self._arrived(record.number)
        self.last = record.number
        if self.log is not None:
            self.log.take(self.stage, record)
        self.show.epoch(self.stage, record)

    def _arrived(self, epoch: int) -> None:
        if epoch <= self.last:
            self.stage, self.last = self.stage + 1, -1
        elif self.last < 0 and epoch and self.stage == 1:
            self.last = epoch - 1
            self.show.note(f"goes on after epoch {epoch} of {self.epochs}")


def sought(wanted: Wanted, seed: int, path: Path, log: Path | None, title: str = "") -> dict[str, Any]:
    """Searches, writes the ticket, and says all there is to say of it; an unfinished search of the same goes on."""
    from slth.interop.found import write_found
    from slth.search.find import find
    from slth.search.task import Watch

    epochs = wanted.training.epochs
    unfinished = path.with_name(path.name + UNFINISHED)
    with ExitStack() as stack:
        show = stack.enter_context(live(title or f"seed {seed}", epochs))
        record = None if log is None else stack.enter_context(EpochLog(log, show.note))
        ear = _Ear(epochs, record, show)
        found = find(
            wanted.method,
            wanted.architecture,
            wanted.data,
            density=wanted.density,
            seed=seed,
            training=wanted.training,
            machine=wanted.machine,
            source=wanted.source,
            held_out=wanted.held_out,
            sanity=wanted.sanity,
            checkpoint=unfinished,
            watch=Watch(ear.batch, ear.epoch, show.count),
        )
    sha256 = write_found(path, found.ticket)
    unfinished.unlink(missing_ok=True)
    return _report(wanted, found, seed, path, sha256)


def _report(wanted: Wanted, found: Found, seed: int, path: Path, sha256: str) -> dict[str, Any]:
    from slth.core.source import Source
    from slth.search.method import key_of

    ticket, chosen = found.ticket, found.epoch
    mask, claim = ticket.mask, ticket.claim
    return {
        "method": wanted.method.name,
        "key": key_of(wanted.method),
        "strong": wanted.method.strong and wanted.source is None,
        "options": asdict(wanted.method),  # type: ignore[call-overload]
        "data": claim.name,
        "training": asdict(wanted.training),
        "device": wanted.machine.place.type,
        "precision": wanted.machine.precision,
        "seed": seed,
        "law": ticket.source.law.label if isinstance(ticket.source, Source) else None,
        "given_weights": wanted.source and wanted.source.digest,
        "layers": [screen.layer_shape(layer) for layer in ticket.source.layers],
        "source_weights": ticket.source.size,
        "kept_weights": mask.count,
        "density": mask.density,
        "densities": list(mask.densities),
        "asked_density": wanted.density,
        "epoch": None if chosen is None else chosen + 1,
        "epochs": len(found.epochs),
        "validation_accuracy": None if chosen is None else found.epochs[chosen].validation_accuracy,
        "test_accuracy": claim.accuracy,
        "correct": claim.correct,
        "of": claim.of,
        "baselines": None if found.baselines is None else asdict(found.baselines),
        "notes": dict(found.notes),
        "learned_numbers": sum(mean.size + variance.size for mean, variance in ticket.statistics),
        "seconds": found.seconds,
        "ticket": str(path),
        "sha256": sha256,
        "check": shlex.join(("slth", "verify", str(path), *wanted.where)),
    }
