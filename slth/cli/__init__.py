"""The command line: the only place that prints."""

from slth.cli.main import main

__all__ = ["main"]
