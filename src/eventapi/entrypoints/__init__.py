"""The entrypoints: HTTP, the command line, the server, and the composition root."""
