"""What a printed ticket costs: ``python -m benchmarks.printing``.

For each script in a process of its own, whose first ticket takes its letters out of the fonts; the
others are for people of other names. Each is asked for over the API in memory.
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


def seconds(name: str) -> list[float]:
    """Give how long each ticket took."""
    api = MemoryApi(order_limit=TICKETS)
    organizer, buyer = api.sign_in("organizer"), api.sign_in("user")
    event = organizer.post("/api/events", json=EVENT).get_json()
    attendees = [{"name": f"{name} {number}"} for number in range(TICKETS)]
    order = buyer.post(
        f"/api/events/{event['id']}/purchase", json={"quantity": TICKETS, "attendees": attendees}
    ).get_json()
    taken = []
    for ticket in order["tickets"]:
        begun = time.perf_counter()
        response = buyer.get(f"/api/tickets/{ticket['code']}/ticket.pdf")
        taken.append(time.perf_counter() - begun)
        if response.mimetype != "application/pdf":
            raise AssertionError(response.get_data(as_text=True))
    return taken


def main() -> None:
    """Print a row for each script."""
    print("| a ticket in | first of a process | p50 | p99 |\n| --- | --- | --- | --- |")
    for script, name in NAMES.items():
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            first, *others = process.submit(seconds, name).result()
        cells = (first, median(others), quantiles(others, n=100)[98])
        print(f"| {script} | {' | '.join(f'{1000 * cell:.0f} ms' for cell in cells)} |")


if __name__ == "__main__":
    main()
