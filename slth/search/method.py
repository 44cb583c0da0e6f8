"""What a method plug-in is: a citation, what it does in our words, defaults, and a search."""

from __future__ import annotations

from typing import ClassVar, Protocol

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.core.registry import Registry
from slth.search.draw import Kaiming
from slth.search.settings import Training
from slth.search.task import Outcome, Task


class Method(Protocol):
    """A published way to a mask; its file in `search/methods` is everything slth knows of it.

    An implementation is a frozen dataclass whose fields are its options, hence flags.

    Attributes
    ----------
    name : str
        What people call it; the registered key is `<firstauthor><year>`.
    title, citation : str
        The paper's title; a BibTeX entry.
    statement : str
        The method in our words, with where it departs from the paper and what we could not re-read.
    strong : bool
        Whether it leaves the random weights untrained. The mask of a weak one comes with trained weights in its paper.
    given : bool
        Whether it searches given weights only, those of a trained network: then its tickets are of those.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    statement: ClassVar[str]
    strong: ClassVar[bool]
    given: ClassVar[bool]

    def draw(self) -> Kaiming:
        """The random network that it searches; BadInput where it searches given weights only."""
        ...

    def training(self, architecture: Architecture) -> Training:
        """The settings where the user gives none."""
        ...

    def search(self, task: Task) -> Outcome:
        """A subnetwork of the task's random network."""
        ...


methods: Registry[Method] = Registry("method", "slth.search.methods")


def method_called(name: str) -> type[Method]:
    """The method behind a key or a name: ramanujan2020 or edge-popup.

    Raises
    ------
    BadInput
        When there is no such method; the message lists those there are.
    """
    by_name = {cls.name: cls for _, cls in methods}
    if name in by_name:
        return by_name[name]
    if name in methods.names():
        return methods.get(name)
    listed = ", ".join(f"{cls.name} ({key})" for key, cls in methods)
    raise BadInput(f"no method is called {name!r}; there are: {listed}")


def key_of(method: Method) -> str:
    """The registered key of a method.

    Raises
    ------
    BadInput
        For a class that is not registered.
    """
    for key, cls in methods:
        if cls is type(method):
            return key
    raise BadInput(f"{type(method).__name__} is no registered method: @methods.register(KEY) makes it one")
