"""Everything the application can do, for those who drive it."""

from dataclasses import dataclass

from eventapi.application.accounts import (
    ChangeOwnAccount,
    EraseAccount,
    ManageAccounts,
    RegisterAccount,
)
from eventapi.application.api_keys import ManageApiKeys
from eventapi.application.audit_trail import ShowAuditTrail
from eventapi.application.categories import ListCategories, ManageCategories
from eventapi.application.event_parts import ChangeImage, ChangeSessions, ChangeTicketTypes
from eventapi.application.events import CancelEvent, ChangeEvent, CreateEvent, DeleteEvent
from eventapi.application.finding import (
    ListEvents,
    RankEvents,
    ShowCalendar,
    ShowEvent,
    ShowStatistics,
)
from eventapi.application.importing import ImportAttendees, ImportEvents
from eventapi.application.orders import (
    CancelOrder,
    ListEventOrders,
    ListOrders,
    PurchaseTickets,
    ShowOrder,
)
from eventapi.application.ports import StorageHealth
from eventapi.application.registrations import RegisterPerson
from eventapi.application.sessions import IdentifySender, RenewSession, SignIn, SignOut
from eventapi.application.tickets import (
    ChangeTicket,
    CheckIn,
    ListAttendees,
    PrintTicket,
    ShowTicket,
)


@dataclass(frozen=True, kw_only=True)
class UseCases:
    """The use cases, built and ready; any number of threads may call them."""

    register_account: RegisterAccount
    change_own_account: ChangeOwnAccount
    erase_account: EraseAccount
    manage_accounts: ManageAccounts
    manage_api_keys: ManageApiKeys
    sign_in: SignIn
    renew_session: RenewSession
    sign_out: SignOut
    identify_sender: IdentifySender
    show_audit_trail: ShowAuditTrail
    list_categories: ListCategories
    manage_categories: ManageCategories
    create_event: CreateEvent
    change_event: ChangeEvent
    change_ticket_types: ChangeTicketTypes
    change_sessions: ChangeSessions
    change_image: ChangeImage
    cancel_event: CancelEvent
    delete_event: DeleteEvent
    show_event: ShowEvent
    list_events: ListEvents
    show_calendar: ShowCalendar
    rank_events: RankEvents
    show_statistics: ShowStatistics
    import_events: ImportEvents
    import_attendees: ImportAttendees
    purchase_tickets: PurchaseTickets
    register_person: RegisterPerson
    cancel_order: CancelOrder
    list_event_orders: ListEventOrders
    show_ticket: ShowTicket
    print_ticket: PrintTicket
    change_ticket: ChangeTicket
    list_attendees: ListAttendees
    check_in: CheckIn
    list_orders: ListOrders
    show_order: ShowOrder
    storage_health: StorageHealth
