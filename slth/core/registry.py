"""A registry: a folder of plug-ins, each a small file that registers one class under one name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from slth.core.errors import BadInput

T = TypeVar("T")
C = TypeVar("C", bound=type)


class Registry(Generic[T]):
    """Names to plug-in classes, filled by importing every module of one package on first use.

    Parameters
    ----------
    kind : str
        What a plug-in is called in messages, for example ``"solver"``.
    package : str
        Dotted name of the folder; each of its modules registers what it defines.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._classes: dict[str, type[T]] = {}
        self._filled = False

    def register(self, name: str) -> Callable[[C], C]:
        """Class decorator: `@solvers.register("meet")`."""

        def add(cls: C) -> C:
            if name in self._classes:
                raise BadInput(f"{self.kind} {name!r} is registered twice")
            self._classes[name] = cls
            return cls

        return add

    def names(self) -> list[str]:
        """All names, sorted."""
        self._fill()
        return sorted(self._classes)

    def get(self, name: str) -> type[T]:
        """The class behind a name.

        Raises
        ------
        BadInput
            When there is no such plug-in; the message lists those there are.
        """
        self._fill()
        if name not in self._classes:
            raise BadInput(f"no {self.kind} is called {name!r}; there are: {', '.join(self.names())}")
        return self._classes[name]

    def __iter__(self) -> Iterator[tuple[str, type[T]]]:
        return iter([(name, self._classes[name]) for name in self.names()])

    def _fill(self) -> None:
        if self._filled:
            return
        folder = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(folder.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
        self._filled = True  # not before: an import that failed must fail again, not leave an empty registry
