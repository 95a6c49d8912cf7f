"""Measures printed tickets: ``python -m benchmarks.printing``.

Each script of names has its own process, whose first ticket loads the glyphs
from the fonts. Tickets are requested over the API in memory.
"""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median, quantiles

from eventapi.testing import MemoryApi

NAMES = {
    "Latin": "Grace Example",
    "Arabic": "محمد عبد الله",
    "Devanagari": "राजेश कुमार",
    "Korean": "김민준",
    "Han": "山田太郎",
}
TICKETS = 200
EVENT = {
    "name": "Jazz night",
    "location": "Blue Note, Berlin",
    "date": "2099-06-01",
    "capacity": TICKETS,
}


def measure(name: str) -> list[float]:
    """Return the seconds that each ticket took."""
    api = MemoryApi(order_limit=TICKETS)
    organizer, buyer = api.sign_in("organizer"), api.sign_in("user")
    event = organizer.post("/api/events", json=EVENT).get_json()
    attendees = [{"name": f"{name} {number}"} for number in range(TICKETS)]
    order = buyer.post(
        f"/api/events/{event['id']}/purchase", json={"quantity": TICKETS, "attendees": attendees}
    ).get_json()
    durations = []
    for ticket in order["tickets"]:
        start = time.perf_counter()
        response = buyer.get(f"/api/tickets/{ticket['code']}/ticket.pdf")
        durations.append(time.perf_counter() - start)
        if response.mimetype != "application/pdf":
            raise AssertionError(response.get_data(as_text=True))
    return durations


def main() -> None:
    """Print a table with a row for each script."""
    print("| script | first ticket of a process | p50 | p99 |\n| --- | --- | --- | --- |")
    for script, name in NAMES.items():
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            first, *others = process.submit(measure, name).result()
        cells = (first, median(others), quantiles(others, n=100)[98])
        print(f"| {script} | {' | '.join(f'{1000 * cell:.0f} ms' for cell in cells)} |")


if __name__ == "__main__":
    main()
