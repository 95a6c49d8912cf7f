"""The API in memory, for tests of its clients.

    from eventapi.testing import MemoryApi

    api = MemoryApi()
    organizer = api.sign_in("organizer")
    event = organizer.post("/api/events", json={...}).get_json()
    api.clock.advance(timedelta(days=1))

It is the API that runs in production, on the memory adapter: it accepts and
refuses the same requests. With pytest, the fixture ``event_api`` provides a new
one for each test.
"""

from eventapi.testing.api import Client, ManualClock, MemoryApi

__all__ = ["Client", "ManualClock", "MemoryApi"]
