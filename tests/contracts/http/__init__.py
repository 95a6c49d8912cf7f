"""Tests of the HTTP API, for every storage adapter.

A test module that defines the fixture ``api`` imports all of them to run them.
"""

from tests.contracts.http.accounts import TestAccounts
from tests.contracts.http.agenda import TestAgenda
from tests.contracts.http.api_keys import TestApiKeys
from tests.contracts.http.attendees import TestAttendees
from tests.contracts.http.audit import TestAuditTrail
from tests.contracts.http.authentication import TestAuthentication
from tests.contracts.http.buyers import (
    TestBoxOffice,
    TestFaultsOfBuyersAndSearches,
    TestFindingBuyers,
    TestGuestPurchases,
    TestMaxPerPerson,
)
from tests.contracts.http.calendars import TestCalendars
from tests.contracts.http.cancellations import (
    TestCancellations,
    TestCancellingAfterCheckIn,
    TestTotals,
)
from tests.contracts.http.categories import TestCategories
from tests.contracts.http.check_in import TestCheckIn
from tests.contracts.http.conventions import (
    TestFaults,
    TestIfMatch,
    TestQueries,
    TestRoundTrips,
    TestTokens,
)
from tests.contracts.http.event_changes import TestEventChanges
from tests.contracts.http.event_endings import TestEventEndings
from tests.contracts.http.event_images import TestEventImages
from tests.contracts.http.events import TestEvents
from tests.contracts.http.idempotency import TestIdempotencyKeys
from tests.contracts.http.login_sessions import TestLoginSessions
from tests.contracts.http.order_lines import TestOrderLines
from tests.contracts.http.purchases import TestPurchases
from tests.contracts.http.registrations import TestRegistrations
from tests.contracts.http.requests import TestRequests
from tests.contracts.http.search import TestSearch
from tests.contracts.http.statistics import TestStatistics
from tests.contracts.http.ticket_types import TestTicketTypes
from tests.contracts.http.tickets import TestTickets
from tests.contracts.http.visibility import TestVisibility
from tests.contracts.http.waitlist import TestWaitlist

__all__ = [
    "TestAccounts",
    "TestAgenda",
    "TestApiKeys",
    "TestAttendees",
    "TestAuditTrail",
    "TestAuthentication",
    "TestBoxOffice",
    "TestCalendars",
    "TestCancellations",
    "TestCancellingAfterCheckIn",
    "TestCategories",
    "TestCheckIn",
    "TestEventChanges",
    "TestEventEndings",
    "TestEventImages",
    "TestEvents",
    "TestFaults",
    "TestFaultsOfBuyersAndSearches",
    "TestFindingBuyers",
    "TestGuestPurchases",
    "TestIdempotencyKeys",
    "TestIfMatch",
    "TestLoginSessions",
    "TestMaxPerPerson",
    "TestOrderLines",
    "TestPurchases",
    "TestQueries",
    "TestRegistrations",
    "TestRequests",
    "TestRoundTrips",
    "TestSearch",
    "TestStatistics",
    "TestTicketTypes",
    "TestTickets",
    "TestTokens",
    "TestTotals",
    "TestVisibility",
    "TestWaitlist",
]
