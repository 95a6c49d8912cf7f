"""The examples of the documentation. Tests send the requests and compare the answers' shapes."""

from typing import Any, Final

Example = dict[str, Any]

REGISTRATION: Final[Example] = {
    "username": "alice",
    "password": "correct horse battery",
    "role": "organizer",
    "email": "alice@example.org",
}
USER: Final[Example] = {
    "id": 1,
    "username": "alice",
    "role": "organizer",
    "email": "alice@example.org",
    "first_name": None,
    "last_name": None,
    "created_at": "2026-11-21T09:30:00Z",
    "is_disabled": False,
}
API_KEY: Final[Example] = {
    "id": 3,
    "name": "Door 3",
    "scopes": ["check_in"],
    "hint": "T1uI",
    "created_at": "2026-11-21T09:30:00Z",
    "expires_at": "2030-06-02T00:00:00Z",
    "last_used_at": None,
}
AUDIT_ENTRY: Final[Example] = {
    "id": 411,
    "at": "2026-11-21T10:00:00Z",
    "action": "event.changed",
    "actor": {"id": 1, "username": "alice"},
    "api_key_id": None,
    "event_id": 42,
    "order_id": None,
    "account_id": None,
    "detail": None,
    "address": "203.0.113.7",
    "request_id": "0193c2a7a9b07f14a5d1c3e2f4b6a8d0",
}
LOGIN: Final[Example] = {"username": "alice", "password": "correct horse battery"}
TOKENS: Final[Example] = {
    "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.3bC1",
    "refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.9fA7",
    "token_type": "Bearer",
    "expires_in": 900,
}
CATEGORY: Final[Example] = {"slug": "concerts", "name": "Concerts"}
NEW_TICKET_TYPE: Final[Example] = {
    "name": "Standard",
    "price": "50.00",
    "currency": "EUR",
    "quantity": 80,
}
TICKET_TYPE: Final[Example] = {
    "id": 7,
    "name": "Standard",
    "price": "50.00",
    "currency": "EUR",
    "quantity": 80,
    "tickets_sold": 2,
    "tickets_remaining": 78,
    "sales_start": None,
    "sales_end": None,
}
NEW_SESSION: Final[Example] = {
    "title": "Doors open",
    "start_time": "2030-06-01T20:00:00+02:00",
    "end_time": "2030-06-01T20:30:00+02:00",
    "room": "Foyer",
}
SESSION: Final[Example] = {
    "id": 1,
    "title": "Doors open",
    "start_time": "2030-06-01T18:00:00Z",
    "end_time": "2030-06-01T18:30:00Z",
    "speaker": "",
    "room": "Foyer",
}
NEW_EVENT: Final[Example] = {
    "name": "Jazz night",
    "description": "Three bands, one night.",
    "start_time": "2030-06-01T20:00:00+02:00",
    "end_time": "2030-06-01T23:30:00+02:00",
    "timezone": "Europe/Berlin",
    "location": "Blue Note, Berlin",
    "capacity": 100,
    "ticket_types": [NEW_TICKET_TYPE],
    "sessions": [NEW_SESSION],
}
EVENT_PATCH: Final[Example] = {"location": "Quasimodo, Berlin", "sales_end": None}
EVENT: Final[Example] = {
    "id": 1,
    "name": "Jazz night",
    "description": "Three bands, one night.",
    "start_time": "2030-06-01T18:00:00Z",
    "end_time": "2030-06-01T21:30:00Z",
    "timezone": "Europe/Berlin",
    "location": "Blue Note, Berlin",
    "category": CATEGORY,
    "visibility": "public",
    "access_code": None,
    "status": "scheduled",
    "image_url": None,
    "organizer": {"id": 1, "username": "alice"},
    "capacity": 100,
    "tickets_sold": 2,
    "tickets_remaining": 78,
    "sales_start": None,
    "sales_end": None,
    "ticket_types": [TICKET_TYPE],
    "sessions": [SESSION],
    "created_at": "2026-11-21T09:31:00Z",
    "updated_at": "2026-11-21T09:31:00Z",
    "version": 1,
}
STATISTICS: Final[Example] = {
    "capacity": 100,
    "tickets_sold": 2,
    "tickets_remaining": 78,
    "ticket_types": [
        {
            "ticket_type": {"id": 7, "name": "Standard"},
            "quantity": 80,
            "tickets_sold": 2,
            "tickets_remaining": 78,
        }
    ],
    "revenue": [{"currency": "EUR", "amount": "100.00"}],
    "sales_by_day": [{"date": "2026-11-21", "tickets": 2}],
    "checked_in": 0,
    "waitlisted": 0,
    "cancelled": 0,
}
PURCHASE: Final[Example] = {
    "quantity": 2,
    "attendees": [{"name": "Bob Example", "email": "bob@example.org"}],
}
ORDER: Final[Example] = {
    "id": "019aa59b-3c00-7d3e-9d2a-6f1c8b5e4a71",
    "event": {"id": 1, "name": "Jazz night", "start_time": "2030-06-01T18:00:00Z"},
    "buyer": {"id": 2, "username": "bob"},
    "status": "confirmed",
    "is_waitlisted": False,
    "position": None,
    "quantity": 2,
    "total": "100.00",
    "currency": "EUR",
    "created_at": "2026-11-21T09:32:00Z",
    "tickets": [
        {
            "id": "019aa59b-3c00-7d3e-9d2a-7027a11d6c02",
            "code": "7Q0ZK3M9XV2B8N5T1HCWRJ4YDE",
            "ticket_type": {"id": 7, "name": "Standard"},
            "price": "50.00",
            "attendee": {"name": "Bob Example", "email": "bob@example.org"},
            "issued_at": "2026-11-21T09:32:00Z",
            "is_checked_in": False,
            "checked_in_at": None,
            "is_cancelled": False,
        },
        {
            "id": "019aa59b-3c00-7d3e-9d2a-7034f2c9b8ee",
            "code": "5GXA8WPS6K0D3F9QVYT2MZ7B1N",
            "ticket_type": {"id": 7, "name": "Standard"},
            "price": "50.00",
            "attendee": None,
            "issued_at": "2026-11-21T09:32:00Z",
            "is_checked_in": False,
            "checked_in_at": None,
            "is_cancelled": False,
        },
    ],
}
REGISTER: Final[Example] = {
    "name": "Grace Example",
    "email": "grace@example.org",
    "ticket_type": 7,
    "waitlist": True,
}
WAITING: Final[Example] = ORDER | {
    "buyer": None,
    "status": "waitlisted",
    "is_waitlisted": True,
    "position": 3,
    "quantity": 1,
    "total": "50.00",
    "tickets": [],
}
REGISTERED: Final[Example] = ORDER | {
    "buyer": None,
    "quantity": 1,
    "total": "50.00",
    "tickets": [
        ORDER["tickets"][0] | {"attendee": {"name": "Grace Example", "email": "grace@example.org"}}
    ],
    "secret": "mzxw6ytboi4tqmzrgi2tcnzqge",
}
HELD_TICKET: Final[Example] = ORDER["tickets"][0] | {
    "is_valid": True,
    "event": {
        "id": 1,
        "name": "Jazz night",
        "start_time": "2030-06-01T18:00:00Z",
        "end_time": "2030-06-01T21:30:00Z",
        "timezone": "Europe/Berlin",
        "location": "Blue Note, Berlin",
        "status": "scheduled",
    },
}
ATTENDEE_TICKET: Final[Example] = ORDER["tickets"][0] | {"order_id": ORDER["id"]}
