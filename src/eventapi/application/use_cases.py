"""All use cases, for the entrypoints."""

from dataclasses import dataclass

from eventapi.application.accounts import (
    ChangeOwnAccount,
    EraseAccount,
    ManageAccounts,
    SignUp,
)
from eventapi.application.api_keys import ManageApiKeys
from eventapi.application.audit_trail import ListAuditTrail
from eventapi.application.categories import ListCategories, ManageCategories
from eventapi.application.event_catalog import (
    GetCalendar,
    GetEvent,
    GetStatistics,
    ListEvents,
    ListTopEvents,
)
from eventapi.application.event_parts import ChangeImage, ChangeSessions, ChangeTicketTypes
from eventapi.application.events import CancelEvent, ChangeEvent, CreateEvent, DeleteEvent
from eventapi.application.importing import ImportAttendees, ImportEvents
from eventapi.application.orders import (
    CancelOrder,
    GetOrder,
    ListEventOrders,
    ListOrders,
)
from eventapi.application.permissions import CheckPermission
from eventapi.application.ports.storage import StorageHealth
from eventapi.application.printing import PrintTickets
from eventapi.application.purchases import PurchaseTickets
from eventapi.application.registrations import RegisterAttendee
from eventapi.application.sessions import Authenticate, RenewSession, SignIn, SignOut
from eventapi.application.tickets import (
    ChangeTicket,
    CheckIn,
    GetTicket,
    ListAttendees,
)


@dataclass(frozen=True, kw_only=True)
class UseCases:
    """The use cases; any number of threads may call them."""

    sign_up: SignUp
    change_own_account: ChangeOwnAccount
    erase_account: EraseAccount
    manage_accounts: ManageAccounts
    manage_api_keys: ManageApiKeys
    sign_in: SignIn
    renew_session: RenewSession
    sign_out: SignOut
    authenticate: Authenticate
    check_permission: CheckPermission
    list_audit_trail: ListAuditTrail
    list_categories: ListCategories
    manage_categories: ManageCategories
    create_event: CreateEvent
    change_event: ChangeEvent
    change_ticket_types: ChangeTicketTypes
    change_sessions: ChangeSessions
    change_image: ChangeImage
    cancel_event: CancelEvent
    delete_event: DeleteEvent
    get_event: GetEvent
    list_events: ListEvents
    get_calendar: GetCalendar
    list_top_events: ListTopEvents
    get_statistics: GetStatistics
    import_events: ImportEvents
    import_attendees: ImportAttendees
    purchase_tickets: PurchaseTickets
    register_attendee: RegisterAttendee
    cancel_order: CancelOrder
    list_event_orders: ListEventOrders
    get_ticket: GetTicket
    print_tickets: PrintTickets
    change_ticket: ChangeTicket
    list_attendees: ListAttendees
    check_in: CheckIn
    list_orders: ListOrders
    get_order: GetOrder
    storage_health: StorageHealth
