"""Events and attendees to try things out with: see ``eventapi load-sample-data``."""
