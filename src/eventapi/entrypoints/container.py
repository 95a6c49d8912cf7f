"""The composition root: which adapter stands behind each port.

One container a process; nothing else knows that it exists.
"""

from dependency_injector import containers, providers

from eventapi.adapters import memory, postgres
from eventapi.adapters.images import PillowInspector
from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.adapters.printing import TypstTicketPrinter
from eventapi.adapters.secrets import HmacOrderSecrets
from eventapi.adapters.system import RandomIdentities, SystemClock
from eventapi.application.accounts import RegisterAccount, ShowAccount, SignIn
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
from eventapi.application.ports import Clock, ImageStore, PasswordHasher
from eventapi.application.registrations import RegisterPerson
from eventapi.application.tickets import (
    ChangeTicket,
    CheckIn,
    ListAttendees,
    PrintTicket,
    ShowTicket,
)
from eventapi.application.use_cases import UseCases


class MemoryStorage(containers.DeclarativeContainer):
    """Everything in this process's memory."""

    database = providers.Singleton(memory.MemoryDatabase)
    unit_of_work = providers.Factory(memory.MemoryUnitOfWork, database)
    users = providers.Singleton(memory.MemoryUserQueries, database)
    categories = providers.Singleton(memory.MemoryCategoryQueries, database)
    events = providers.Singleton(memory.MemoryEventQueries, database)
    orders = providers.Singleton(memory.MemoryOrderQueries, database)
    health = providers.Singleton(memory.MemoryHealth)


class PostgresStorage(containers.DeclarativeContainer):
    """Everything in PostgreSQL."""

    database_url = providers.Dependency(instance_of=str)
    pool_size = providers.Dependency(instance_of=int)

    engine = providers.Singleton(postgres.make_engine, database_url, pool_size=pool_size)
    unit_of_work = providers.Factory(postgres.PostgresUnitOfWork, engine)
    users = providers.Singleton(postgres.PostgresUserQueries, engine)
    categories = providers.Singleton(postgres.PostgresCategoryQueries, engine)
    events = providers.Singleton(postgres.PostgresEventQueries, engine)
    orders = providers.Singleton(postgres.PostgresOrderQueries, engine)
    health = providers.Singleton(postgres.PostgresHealth, engine)


class Application(containers.DeclarativeContainer):
    """The use cases on one kind of storage."""

    storage = providers.DependenciesContainer()
    images: providers.Provider[ImageStore] = providers.Dependency()
    open_admin_registration = providers.Dependency(instance_of=bool)
    order_limit = providers.Dependency(instance_of=int)
    secret_key = providers.Dependency(instance_of=str)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    hasher: providers.Provider[PasswordHasher] = providers.Singleton(Argon2PasswordHasher)
    identities = providers.Singleton(RandomIdentities)
    order_secrets = providers.Singleton(HmacOrderSecrets, secret_key)
    printer = providers.Singleton(TypstTicketPrinter)
    inspector = providers.Singleton(PillowInspector)
    unit_of_work = storage.unit_of_work.provider

    register_account = providers.Singleton(
        RegisterAccount,
        unit_of_work,
        hasher,
        clock,
        open_admin_registration=open_admin_registration,
    )
    use_cases = providers.Singleton(
        UseCases,
        register_account=register_account,
        sign_in=providers.Singleton(SignIn, unit_of_work, hasher),
        show_account=providers.Singleton(ShowAccount, storage.users),
        list_categories=providers.Singleton(ListCategories, storage.categories),
        manage_categories=providers.Singleton(ManageCategories, unit_of_work),
        create_event=providers.Singleton(
            CreateEvent, unit_of_work, storage.events, clock, identities
        ),
        change_event=providers.Singleton(
            ChangeEvent, unit_of_work, storage.events, clock, identities
        ),
        change_ticket_types=providers.Singleton(
            ChangeTicketTypes, unit_of_work, storage.events, clock
        ),
        change_sessions=providers.Singleton(ChangeSessions, unit_of_work, storage.events, clock),
        change_image=providers.Singleton(
            ChangeImage, unit_of_work, storage.events, clock, images, inspector
        ),
        cancel_event=providers.Singleton(CancelEvent, unit_of_work, storage.events, clock),
        delete_event=providers.Singleton(DeleteEvent, unit_of_work, images),
        show_event=providers.Singleton(ShowEvent, storage.events, images),
        list_events=providers.Singleton(ListEvents, storage.events, clock),
        show_calendar=providers.Singleton(ShowCalendar, storage.events, clock),
        rank_events=providers.Singleton(RankEvents, storage.events),
        show_statistics=providers.Singleton(ShowStatistics, storage.events),
        import_events=providers.Singleton(ImportEvents, unit_of_work, clock, identities),
        import_attendees=providers.Singleton(ImportAttendees, unit_of_work, clock, identities),
        purchase_tickets=providers.Singleton(
            PurchaseTickets, unit_of_work, clock, identities, order_limit=order_limit
        ),
        list_orders=providers.Singleton(ListOrders, storage.orders),
        show_order=providers.Singleton(ShowOrder, storage.orders, order_secrets),
        register_person=providers.Singleton(
            RegisterPerson, unit_of_work, storage.users, clock, identities, order_secrets
        ),
        cancel_order=providers.Singleton(
            CancelOrder, unit_of_work, storage.orders, clock, order_secrets
        ),
        show_ticket=providers.Singleton(ShowTicket, storage.orders, storage.events),
        print_ticket=providers.Singleton(PrintTicket, storage.orders, storage.events, printer),
        change_ticket=providers.Singleton(
            ChangeTicket, unit_of_work, storage.orders, clock, identities, order_secrets
        ),
        list_attendees=providers.Singleton(ListAttendees, storage.orders, storage.events),
        check_in=providers.Singleton(CheckIn, unit_of_work, storage.orders, storage.events, clock),
        list_event_orders=providers.Singleton(ListEventOrders, storage.orders, storage.events),
        storage_health=storage.health,
    )
