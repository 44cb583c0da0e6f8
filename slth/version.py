"""The version, once: pyproject.toml reads it from here."""

__version__ = "0.1.0"


def version() -> str:
    """The version of slth that runs."""
    return __version__
