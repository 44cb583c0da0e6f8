"""The support modules of this folder, and those for real processes, are imported by name."""

import sys
from pathlib import Path

FOLDERS = (Path(__file__).parent, Path(__file__).parents[1] / "attacks")
sys.path[:0] = [str(folder) for folder in FOLDERS if str(folder) not in sys.path]
