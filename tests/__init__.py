"""Tests. They read as specifications: start with tests/unit/test_event.py."""

import pytest

# Failures in what test modules share are explained as in the modules themselves.
pytest.register_assert_rewrite("tests.api", "tests.conformance", "tests.contracts")
