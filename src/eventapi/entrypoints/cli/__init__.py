"""The command line."""

from eventapi.entrypoints.cli.main import main

__all__ = ["main"]
