"""The errors that a user may meet, each with the exit code that the command line gives it."""

from __future__ import annotations


class SlthError(Exception):
    """Base of every error that slth raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class BadInput(SlthError, ValueError):
    """An argument or a file that cannot be used; the message is one line that names it and says what to do."""

    exit_code = 2


class BadFile(BadInput):
    """A file that is malformed, hostile or of a kind that slth does not read."""


class Unavailable(SlthError, RuntimeError):
    """Something outside slth is missing or full: a package, memory, the disk."""

    exit_code = 3
