"""Caps on what a file may ask for; each is checked before anything of that size is allocated."""

from __future__ import annotations

MAX_FILE = 4 << 30
"""Bytes in one file."""
MAX_WEIGHTS = 1 << 27
"""Numbers in all tensors that are loaded from one file."""
MAX_TENSORS = 10_000
"""Tensors in one file."""
MAX_HEADER = 8_000_000
"""Bytes in one JSON text (safetensors header, architecture)."""
MAX_PICKLE = 16 << 20
"""Bytes in one pickle, tensors excluded."""
MAX_OPCODES = 1_000_000
"""Pickle opcodes in one file: about a second of interpreting."""
MAX_MEMBERS = 20_000
"""Members of one zip archive."""
MAX_DEPTH = 100
"""Nesting of modules, and of dictionaries inside dictionaries."""
MAX_NODES = 10_000
"""Modules in one network, each counted as often as it is used; also nodes of one architecture."""
MAX_ENTRIES = 100_000
"""Children, parameters, buffers and hooks of all these modules."""
MAX_DIMENSIONS = 8
"""Dimensions of one tensor."""
