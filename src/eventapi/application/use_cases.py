"""Everything the application can do, for those who drive it."""

from dataclasses import dataclass

from eventapi.application.accounts import RegisterAccount, ShowAccount, SignIn
from eventapi.application.events import CreateEvent, ListEvents, RankEvents, ShowEvent
from eventapi.application.orders import ListOrders, PurchaseTickets, ShowOrder
from eventapi.application.ports import StorageHealth


@dataclass(frozen=True, kw_only=True)
class UseCases:
    """The use cases, built and ready; any number of threads may call them."""

    register_account: RegisterAccount
    sign_in: SignIn
    show_account: ShowAccount
    create_event: CreateEvent
    show_event: ShowEvent
    list_events: ListEvents
    rank_events: RankEvents
    purchase_tickets: PurchaseTickets
    list_orders: ListOrders
    show_order: ShowOrder
    storage_health: StorageHealth
