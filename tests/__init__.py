"""Tests. They read as specifications: start with tests/unit/test_event.py."""
