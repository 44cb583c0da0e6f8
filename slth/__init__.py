"""slth: strong lottery tickets, constructed and proved.

Names are loaded on first use, so that importing slth costs nothing.
"""

from __future__ import annotations

from typing import Any

_HOME = {
    "Network": "slth.core.network",
    "Conv": "slth.core.network",
    "Dense": "slth.core.network",
    "Activation": "slth.core.network",
    "Add": "slth.core.network",
    "Pool": "slth.core.network",
    "Flatten": "slth.core.network",
    "Box": "slth.core.domain",
    "Ball": "slth.core.domain",
    "Hull": "slth.core.domain",
    "Source": "slth.core.source",
    "SourceLayer": "slth.core.source",
    "Given": "slth.core.given",
    "Mask": "slth.core.mask",
    "Ticket": "slth.core.ticket",
    "Request": "slth.theory.plan",
    "approximate": "slth.theory.build",
    "Sweep": "slth.experiments.sweep",
    "Find": "slth.experiments.sweep",
    "run": "slth.experiments.run",
    "attack": "slth.certify.attack",
    "find": "slth.search.find",
    "architecture_for": "slth.search.architectures",
    "Training": "slth.search.settings",
    "Machine": "slth.search.settings",
    "Watch": "slth.search.task",
    "Dataset": "slth.datasets.dataset",
    "load_data": "slth.datasets.load:load",
    "FoundTicket": "slth.core.found",
    "solve": "slth.rss.solve",
    "read": "slth.interop.read",
    "read_ticket": "slth.interop.tickets",
    "write_ticket": "slth.interop.tickets",
    "read_found": "slth.interop.found",
    "write_found": "slth.interop.found",
    "__version__": "slth.version",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'slth' has no attribute {name!r}")
    from importlib import import_module

    module, _, inner = _HOME[name].partition(":")
    return getattr(import_module(module), inner or name)


def __dir__() -> list[str]:
    return __all__
