"""Executes every notebook of this folder; a failing assertion in one of them is the exit code 1.

python notebooks/run.py [04 ...] [--write FOLDER]     only those that begin so; also writes the executed .ipynb files
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Runs them, some at a time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="04", help="how their names begin; all of them by default")
    parser.add_argument("--write", type=Path, help="folder for the executed notebooks")
    parser.add_argument("--jobs", type=int, default=2, help="how many run at the same time, each in its own kernel")
    options = parser.parse_args()
    paths = sorted(path for path in HERE.glob("[0-9]*.py") if path.name.startswith(tuple(options.names or [""])))
    if not paths:
        parser.error(f"no notebook begins with {' or '.join(options.names)}")
    with ThreadPoolExecutor(options.jobs) as pool:
        return 0 if all(list(pool.map(lambda path: execute(path, options.write), paths))) else 1


def execute(path: Path, folder: Path | None) -> bool:
    """Runs one notebook; whether all its assertions hold."""
    begun = time.perf_counter()
    book = jupytext.read(path)
    resources = {"metadata": {"path": str(HERE)}}
    verdict = "passed"
    try:
        NotebookClient(book, timeout=600, kernel_name="python3", resources=resources).execute()
    except CellExecutionError as error:
        print(error)
        verdict = "FAILED"
    print(f"{path.name}: {verdict} in {time.perf_counter() - begun:.1f} s", flush=True)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(book, folder / f"{path.stem}.ipynb")
    return verdict == "passed"


if __name__ == "__main__":
    sys.exit(main())
