"""Given weights on the command line: the file that some found tickets need, and others refuse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slth.cli import screen
from slth.core.errors import BadInput

if TYPE_CHECKING:
    from slth.core.architecture import Architecture
    from slth.core.found import FoundTicket
    from slth.core.given import Given
    from slth.core.nodes import Shape


@dataclass(frozen=True)
class Weights:
    """What --target, --arch and --input say."""

    target: Path | None
    arch: str | None
    input_shape: str | None

    def given(self, quiet: bool) -> Given | None:
        """The weights of the target, where there is one; says how it was read."""
        from slth.core.given import Given
        from slth.interop.read import read

        if self.target is None:
            if self.input_shape is not None:
                raise BadInput("--input is the shape of a --target's inputs; random networks take the data's")
            return None
        found = read(self.target, self.arch, self.input_shape)
        for line in () if quiet else found.notes:
            screen.note(line)
        return Given.of(found.network)

    def shaped(self, given: Given, shape: Shape) -> Architecture:
        """The architecture of the target for pictures of a shape."""
        from slth.core.architecture import Architecture

        assert given.network is not None
        try:
            return Architecture.of(given.network, shape)
        except BadInput as error:
            raise BadInput(f"--target {self.target}: {error}, which the data's pictures have") from None

    @property
    def options(self) -> tuple[str, ...]:
        """The same as words of a command."""
        said = (("--target", self.target), ("--arch", self.arch), ("--input", self.input_shape))
        return tuple(str(word) for pair in said if pair[1] is not None for word in pair) if self.target else ()

    def behind(self, path: Path, ticket: FoundTicket) -> FoundTicket:
        """The ticket with its weights at hand.

        Raises
        ------
        BadInput
            For a ticket of a random network when a target is given, for one of given weights when it is not; for a
            target of other weights.
        """
        from slth.core.given import Given
        from slth.interop.read import read

        if not isinstance(ticket.source, Given):
            if self.target or self.arch or self.input_shape:
                raise BadInput(
                    f"{path}: is a ticket of a random network, all in it; leave out --target, --arch, --input"
                )
            return ticket
        if self.target is None:
            digest = ticket.source.digest[:16]
            raise BadInput(f"{path}: is a ticket of given weights, of digest {digest}: give their file (--target)")
        try:
            return ticket.holding(read(self.target, self.arch, self.input_shape).network)
        except BadInput as error:
            raise BadInput(f"{screen.line(str(path))}: {error}") from None
