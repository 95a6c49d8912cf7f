"""Tests. They read as specifications: start with tests/unit/test_event.py."""

import pytest

# Explain failed assertions of shared modules as in test modules.
pytest.register_assert_rewrite("tests.api", "tests.conformance", "tests.contracts")
