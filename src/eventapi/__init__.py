"""EventAPI: a headless ticketing engine."""

DISTRIBUTION = "eventapi-engine"
"""The name under which this package is installed; see pyproject.toml."""
