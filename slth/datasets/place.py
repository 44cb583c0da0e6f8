"""Where data files are looked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slth.core.errors import BadInput
from slth.datasets.fetch import Published, fetch
from slth.datasets.files import shown

VARIABLE = "SLTH_DATA"


def default_folder() -> Path:
    """The folder where data are kept: $SLTH_DATA, else slth in the user's cache.

    Raises
    ------
    BadInput
        When the user has no home folder and neither variable is set.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "")
    if cache.is_absolute():  # the XDG specification: a relative one is ignored
        return cache / "slth"
    try:
        return Path.home() / ".cache" / "slth"
    except RuntimeError:
        raise BadInput(f"there is no home folder to keep data in; give --data-dir or set {VARIABLE}") from None


@dataclass(frozen=True)
class Place:
    """A folder with data files, and whether what is missing may be fetched into it."""

    folder: Path
    download: bool = False

    def find(self, wanted: Sequence[Sequence[str]], subfolders: Sequence[str]) -> list[Path] | None:
        """The wanted files, all from the first folder that has them all.

        Parameters
        ----------
        wanted : sequence of sequences of str
            For each file the names it may have, the best first.
        subfolders : sequence of str
            Where to look; the folder itself comes last, since files of different sets share their names.
        """
        for subfolder in (*subfolders, ""):
            found = [_first(self.folder / subfolder, names) for names in wanted]
            paths = [path for path in found if path is not None]
            if len(paths) == len(wanted):
                return paths
        return None

    def fetch(self, published: Sequence[Published], subfolder: str) -> None:
        """Fetch those of the published files that the subfolder does not have."""
        for file in published:
            if not _is_file(self.folder / subfolder / file.name):
                fetch(file, self.folder / subfolder)

    def missing(self, name: str, wanted: str, subfolders: Sequence[str], fetchable: bool) -> BadInput:
        """The error for a set whose files are not here: where was looked, for what, and what to do."""
        advice = "give the folder that has them (--data-dir)" + (", or fetch them (--download)" if fetchable else "")
        if not self.folder.is_dir():
            return BadInput(f"{name}: there is no folder {shown(self.folder)} to look in for {wanted}; {advice}")
        within = ", ".join(subfolders)
        return BadInput(f"{name}: {shown(self.folder)} and its {within} do not have {wanted}; {advice}")


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if _is_file(folder / name)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be entered, a name that is too long
        return False
