"""What a plug-in of data sets is."""

from __future__ import annotations

from typing import ClassVar, Protocol

from slth.core.registry import Registry
from slth.datasets.dataset import Dataset
from slth.datasets.place import Place


class Origin(Protocol):
    """Where a data set comes from: a frozen dataclass without required fields."""

    summary: ClassVar[str]
    """One line: pictures, shape, who published it and under which licence."""

    def load(self, place: Place) -> Dataset:
        """Read the files; nothing in them is executed.

        Raises
        ------
        BadInput
            When files are missing.
        BadFile
            When one is malformed.
        Unavailable
            When a download fails or a package is missing.
        """


datasets: Registry[Origin] = Registry("data set", "slth.datasets.sets")
