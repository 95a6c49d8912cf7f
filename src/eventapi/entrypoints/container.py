"""The composition root: which adapter stands behind each port.

One container a process; nothing else knows that it exists.
"""

from datetime import timedelta

from dependency_injector import containers, providers

from eventapi.adapters import memory, postgres
from eventapi.adapters.images import PillowInspector
from eventapi.adapters.order_access_tokens import HmacOrderAccessTokens
from eventapi.adapters.passwords import Argon2PasswordHasher, CommonPasswordRules
from eventapi.adapters.printing import TypstTicketPrinter
from eventapi.adapters.system import RandomCredentials, RandomIdentities, SystemClock
from eventapi.adapters.usernames import PrecisUsernameRules
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
    PurchaseTickets,
)
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.system import Clock, PasswordHasher
from eventapi.application.registrations import RegisterAttendee
from eventapi.application.sessions import Authenticate, RenewSession, SignIn, SignOut
from eventapi.application.tickets import (
    ChangeTicket,
    CheckIn,
    GetTicket,
    ListAttendees,
    PrintTicket,
)
from eventapi.application.use_cases import UseCases


class MemoryStorage(containers.DeclarativeContainer):
    """Everything in this process's memory."""

    database = providers.Singleton(memory.MemoryDatabase)
    unit_of_work = providers.Factory(memory.MemoryUnitOfWork, database)
    users = providers.Singleton(memory.MemoryUserQueries, database)
    principals = providers.Singleton(memory.MemoryPrincipalQueries, database)
    api_keys = providers.Singleton(memory.MemoryApiKeyQueries, database)
    audit = providers.Singleton(memory.MemoryAuditQueries, database)
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
    principals = providers.Singleton(postgres.PostgresPrincipalQueries, engine)
    api_keys = providers.Singleton(postgres.PostgresApiKeyQueries, engine)
    audit = providers.Singleton(postgres.PostgresAuditQueries, engine)
    categories = providers.Singleton(postgres.PostgresCategoryQueries, engine)
    events = providers.Singleton(postgres.PostgresEventQueries, engine)
    orders = providers.Singleton(postgres.PostgresOrderQueries, engine)
    health = providers.Singleton(postgres.PostgresHealth, engine)


class Application(containers.DeclarativeContainer):
    """The use cases on one kind of storage."""

    storage = providers.DependenciesContainer()
    images: providers.Provider[ImageStore] = providers.Dependency()
    open_admin_sign_up = providers.Dependency(instance_of=bool)
    order_limit = providers.Dependency(instance_of=int)
    secret_key = providers.Dependency(instance_of=str)
    old_secret_keys = providers.Dependency(instance_of=tuple)
    session_lifetime = providers.Dependency(instance_of=timedelta)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    hasher: providers.Provider[PasswordHasher] = providers.Singleton(Argon2PasswordHasher)
    identities = providers.Singleton(RandomIdentities)
    secrets = providers.Singleton(RandomCredentials)
    usernames = providers.Singleton(PrecisUsernameRules)
    passwords = providers.Singleton(CommonPasswordRules)
    order_access_tokens = providers.Singleton(HmacOrderAccessTokens, secret_key, old_secret_keys)
    printer = providers.Singleton(TypstTicketPrinter)
    inspector = providers.Singleton(PillowInspector)
    unit_of_work = storage.unit_of_work.provider

    sign_up = providers.Singleton(
        SignUp,
        unit_of_work,
        hasher,
        usernames,
        passwords,
        clock,
        open_admin_sign_up=open_admin_sign_up,
    )
    use_cases = providers.Singleton(
        UseCases,
        sign_up=sign_up,
        change_own_account=providers.Singleton(
            ChangeOwnAccount, unit_of_work, storage.users, hasher, passwords, clock
        ),
        erase_account=providers.Singleton(EraseAccount, unit_of_work, clock),
        manage_accounts=providers.Singleton(ManageAccounts, unit_of_work, storage.users, clock),
        manage_api_keys=providers.Singleton(
            ManageApiKeys, unit_of_work, storage.api_keys, secrets, clock
        ),
        sign_in=providers.Singleton(
            SignIn, unit_of_work, hasher, clock, secrets, lifetime=session_lifetime
        ),
        renew_session=providers.Singleton(
            RenewSession, unit_of_work, clock, lifetime=session_lifetime
        ),
        sign_out=providers.Singleton(SignOut, unit_of_work, clock),
        authenticate=providers.Singleton(Authenticate, storage.principals, clock),
        list_audit_trail=providers.Singleton(ListAuditTrail, storage.audit, storage.events),
        list_categories=providers.Singleton(ListCategories, storage.categories),
        manage_categories=providers.Singleton(ManageCategories, unit_of_work, clock),
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
        delete_event=providers.Singleton(DeleteEvent, unit_of_work, images, clock),
        get_event=providers.Singleton(GetEvent, storage.events, images),
        list_events=providers.Singleton(ListEvents, storage.events, clock),
        get_calendar=providers.Singleton(GetCalendar, storage.events, clock),
        list_top_events=providers.Singleton(ListTopEvents, storage.events),
        get_statistics=providers.Singleton(GetStatistics, storage.events),
        import_events=providers.Singleton(ImportEvents, unit_of_work, clock, identities),
        import_attendees=providers.Singleton(ImportAttendees, unit_of_work, clock, identities),
        purchase_tickets=providers.Singleton(
            PurchaseTickets, unit_of_work, clock, identities, order_limit=order_limit
        ),
        list_orders=providers.Singleton(ListOrders, storage.orders),
        get_order=providers.Singleton(GetOrder, storage.orders, order_access_tokens),
        register_attendee=providers.Singleton(
            RegisterAttendee, unit_of_work, storage.users, clock, identities, order_access_tokens
        ),
        cancel_order=providers.Singleton(
            CancelOrder, unit_of_work, storage.orders, clock, order_access_tokens
        ),
        get_ticket=providers.Singleton(GetTicket, storage.orders, storage.events),
        print_ticket=providers.Singleton(PrintTicket, storage.orders, storage.events, printer),
        change_ticket=providers.Singleton(
            ChangeTicket, unit_of_work, storage.orders, clock, identities, order_access_tokens
        ),
        list_attendees=providers.Singleton(ListAttendees, storage.orders, storage.events),
        check_in=providers.Singleton(CheckIn, unit_of_work, storage.orders, storage.events, clock),
        list_event_orders=providers.Singleton(ListEventOrders, storage.orders, storage.events),
        storage_health=storage.health,
    )
