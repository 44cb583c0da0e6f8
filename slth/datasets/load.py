"""The door to data sets: a name, or a file of the user's own, becomes a `Dataset`."""

from __future__ import annotations

from pathlib import Path

from slth.core.errors import BadInput
from slth.datasets.dataset import Dataset
from slth.datasets.origin import datasets
from slth.datasets.own import OWN, read_own
from slth.datasets.place import Place, default_folder

__all__ = ["datasets", "load"]


def load(name: str, folder: Path | None = None, download: bool = False) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name : str
        One of the registered names, or the path of a `.npz` file with the arrays train_images, train_labels,
        test_images, test_labels.
    folder : Path, optional
        Where the files are; else $SLTH_DATA, else the user's cache.
    download : bool
        Whether to fetch what is missing from where it is published.

    Raises
    ------
    BadInput
        When there is no such set, or its files are missing.
    BadFile
        When a file is malformed.
    Unavailable
        When a download fails or a package is missing.
    """
    if name.endswith(OWN):
        return read_own(Path(name))
    if name not in datasets.names():
        raise BadInput(f"no data set is called {name!r}; there are: {', '.join(datasets.names())}, or a FILE{OWN}")
    return datasets.get(name)().load(Place(default_folder() if folder is None else Path(folder), download))
