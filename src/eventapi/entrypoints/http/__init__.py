"""The HTTP API, on Flask: schemas parse, one use case decides, its view is the answer."""

from eventapi.entrypoints.http.app import create_app
from eventapi.entrypoints.http.config import HttpConfig

__all__ = ["HttpConfig", "create_app"]
