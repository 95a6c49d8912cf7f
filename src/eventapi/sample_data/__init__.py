"""Sample events and attendees, loaded by ``eventapi load-sample-data``."""
