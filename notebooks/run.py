"""Executes every notebook of this folder; a failing assertion in one of them is the exit code 1.

python notebooks/run.py [04 ...] [--write FOLDER]     only those that begin so; also writes the executed .ipynb files
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Runs them one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="04", help="how their names begin; all of them by default")
    parser.add_argument("--write", type=Path, help="folder for the executed notebooks")
    options = parser.parse_args()
    failed = 0
    paths = sorted(path for path in HERE.glob("[0-9]*.py") if path.name.startswith(tuple(options.names or [""])))
    if not paths:
        parser.error(f"no notebook begins with {' or '.join(options.names)}")
    for path in paths:
        begun = time.perf_counter()
        book = jupytext.read(path)
        try:
            NotebookClient(
                book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}
            ).execute()
            verdict = "passed"
        except CellExecutionError as error:
            print(error)
            verdict, failed = "FAILED", failed + 1
        print(f"{path.name}: {verdict} in {time.perf_counter() - begun:.1f} s")
        if options.write:
            options.write.mkdir(parents=True, exist_ok=True)
            nbformat.write(book, options.write / f"{path.stem}.ipynb")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
