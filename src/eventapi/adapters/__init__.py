"""Implementations of the application's ports, such as storage, clock and password hashes."""
