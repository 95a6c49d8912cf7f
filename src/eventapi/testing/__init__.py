"""The real API in memory, for tests of its clients.

    from eventapi.testing import MemoryApi

    api = MemoryApi()
    organizer = api.sign_in("organizer")
    event = organizer.post("/api/events", json={...}).get_json()
    api.clock.advance(timedelta(days=1))

It is the same API that runs in production, on the memory adapter: what it
accepts and refuses here, it accepts and refuses there. With pytest, the fixture
``event_api`` gives a new one to each test.
"""

from eventapi.testing.api import Client, ManualClock, MemoryApi

__all__ = ["Client", "ManualClock", "MemoryApi"]
