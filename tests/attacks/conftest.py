"""The support modules of this folder (exact replay, families of forgeries and of malformed tickets) are imported by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
