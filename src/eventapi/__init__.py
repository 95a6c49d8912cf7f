"""EventAPI: a headless ticketing engine."""
