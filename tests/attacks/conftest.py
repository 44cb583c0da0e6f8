"""The support modules of this folder (exact replay, forgeries, families of malformed files) are imported by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
