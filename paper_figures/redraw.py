"""Draws every figure in one process, from the tables in data/.

python paper_figures/redraw.py            draws all
python paper_figures/redraw.py --data     first makes the tables again where a figure's script can, which takes minutes
"""

from __future__ import annotations

import argparse
import importlib
import time

from drawing import HERE, save


def main() -> None:
    """One figure after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", action="store_true", help="make the tables in data/ again where that can be done")
    data = parser.parse_args().data
    for path in sorted(HERE.glob("fig_*.py")):
        begun = time.perf_counter()
        script = importlib.import_module(path.stem)
        if data and hasattr(script, "compute"):
            script.compute()
        save(script.draw(), path.stem)
        print(f"{path.stem}: {time.perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
