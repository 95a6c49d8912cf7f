"""What all tests share."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "eventapi", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("eventapi")
