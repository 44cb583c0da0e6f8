"""The helpers of this folder (a third implementation of the format, and an exact oracle) are imported by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
