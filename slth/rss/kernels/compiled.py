"""Compile a kernel with numba, cached on disk where the disk allows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slth.core.errors import Unavailable

try:
    from numba import njit
except ImportError as missing:
    raise Unavailable("the solver 'meet' needs numba: pip install numba") from missing

Kernel = Callable[..., Any]


def compiled(function: Kernel) -> Kernel:
    """Return `function` compiled without the interpreter lock, cached beside the source or in the user's cache.

    Each kernel file calls nothing outside itself: numba's cache only looks at the file of the outermost function.

    Source: ours.
    """
    try:
        kernel: Kernel = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package folder nor the user's cache can be written
        kernel = njit(nogil=True)(function)
    return kernel
