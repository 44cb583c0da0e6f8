"""CIFAR-10: pictures of 32 x 32 pixels in ten classes, as its authors publish it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from slth.core.errors import BadInput
from slth.datasets.cifar import CLASSES, PREPROCESSING, from_pickle, from_records, joined
from slth.datasets.dataset import Dataset, Split
from slth.datasets.fetch import Published
from slth.datasets.files import Stream, naming, opened
from slth.datasets.origin import datasets
from slth.datasets.place import Place
from slth.datasets.tar import read_members

TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"
BATCHES = (*TRAIN, TEST)
BATCH_BYTES = 1 << 26  # twice what the largest published batch has
ABOVE = ("", "cifar10/", "CIFAR10/", "cifar-10/")
PUBLISHED = Published(
    "cifar-10-binary.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c32a1d4ab5d03f1284b67883e8d87530",
)


@dataclass(frozen=True)
class Version:
    """One of the published forms: its folder and its archive, the ending of its files, and what reads a batch."""

    folder: str
    archive: str
    ending: str
    read: Callable[[bytes], Split]

    def batches(self, place: Place) -> dict[str, Split] | None:
        """All six batches from the files of a folder, else from an archive, else None."""
        names = [name + self.ending for name in BATCHES]
        paths = place.find([(name,) for name in names], [above + self.folder for above in ABOVE])
        if paths is not None:
            return {name: self._unpacked(path) for name, path in zip(BATCHES, paths, strict=True)}
        archive = place.find([(self.archive,)], [above for above in ABOVE if above])
        return None if archive is None else self._packed(archive[0])

    def _unpacked(self, path: Path) -> Split:
        with naming(path), opened(path) as handle:
            size = path.stat().st_size
            if size > BATCH_BYTES:
                raise BadInput(f"has {size} bytes, more than a batch has; fetch it again")
            stream = Stream(handle)
            data = stream.take(size)
            stream.finish()
            return self.read(data)

    def _packed(self, path: Path) -> dict[str, Split]:
        with naming(path):
            members = read_members(path, [name + self.ending for name in BATCHES])
            found = {}
            for name in BATCHES:
                try:
                    found[name] = self.read(members.pop(name + self.ending))
                except BadInput as error:
                    raise BadInput(f"{name}{self.ending} {error}") from None
            return found


VERSIONS = (
    Version("cifar-10-batches-bin", "cifar-10-binary.tar.gz", ".bin", from_records),
    Version("cifar-10-batches-py", "cifar-10-python.tar.gz", "", from_pickle),
)


@datasets.register("cifar10")
@dataclass(frozen=True)
class Cifar10:
    """50,000 + 10,000 pictures, from the binary version or the Python version, unpacked or in its archive.

    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
    """

    published: Published = PUBLISHED
    summary: ClassVar[str] = "photographs, 50,000 + 10,000 of 3 x 32 x 32; Krizhevsky, Nair, Hinton, no licence stated"

    def load(self, place: Place) -> Dataset:
        """Read the first version that is found."""
        batches = self._find(place)
        if batches is None and place.download:
            place.fetch([self.published], "cifar10")
            batches = self._find(place)
        if batches is None:
            within = [version.folder for version in VERSIONS] + [above.rstrip("/") for above in ABOVE if above]
            wanted = "data_batch_1 to _5 and test_batch (.bin or not), nor " + " or ".join(v.archive for v in VERSIONS)
            raise place.missing("cifar10", wanted, within, fetchable=True)
        return Dataset("cifar10", CLASSES, joined(batches, TRAIN), batches[TEST], PREPROCESSING)

    def _find(self, place: Place) -> dict[str, Split] | None:
        return next((found for version in VERSIONS if (found := version.batches(place)) is not None), None)
