"""The HTTP API, on Flask: schemas parse, one use case decides, its view is the answer."""

from eventapi.entrypoints.http.app import HttpConfig, create_app

__all__ = ["HttpConfig", "create_app"]
