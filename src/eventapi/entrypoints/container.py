"""The composition root: which adapter implements each port, and the use cases on top.

One container per process; nothing else knows that it exists. A use case is a
dataclass whose fields are its ports, so the annotations of the fields are all that
is needed to build it.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from dependency_injector import containers, providers

from eventapi.adapters import memory, postgres
from eventapi.adapters.images import PillowInspector
from eventapi.adapters.order_access_tokens import HmacOrderAccessTokens
from eventapi.adapters.passwords import Argon2PasswordHasher, CommonPasswordRules
from eventapi.adapters.printing import TypstTicketPrinter
from eventapi.adapters.system import RandomCredentials, RandomIdentities, SystemClock
from eventapi.adapters.usernames import PrecisUsernameRules
from eventapi.application.ports.accounts import ApiKeyQueries, PrincipalQueries, UserQueries
from eventapi.application.ports.audit import AuditQueries
from eventapi.application.ports.categories import CategoryQueries
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.media import ImageInspector, ImageStore, TicketPrinter
from eventapi.application.ports.orders import OrderAccessTokens, OrderQueries
from eventapi.application.ports.storage import StorageHealth, UnitOfWorkFactory
from eventapi.application.ports.system import (
    Clock,
    CredentialGenerator,
    PasswordHasher,
    PasswordRules,
    UsernameRules,
)
from eventapi.application.settings import UseCaseSettings
from eventapi.application.use_cases import UseCases
from eventapi.domain.order import Identities


class MemoryStorage(containers.DeclarativeContainer):
    """Storage in the memory of this process."""

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
    """Storage in PostgreSQL."""

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
    """All ports, on one kind of storage."""

    storage = providers.DependenciesContainer()
    images: providers.Provider[ImageStore] = providers.Dependency()
    settings = providers.Dependency(instance_of=UseCaseSettings)
    secret_key = providers.Dependency(instance_of=str)
    old_secret_keys = providers.Dependency(instance_of=tuple)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    hasher: providers.Provider[PasswordHasher] = providers.Singleton(Argon2PasswordHasher)

    ports: providers.Provider[dict[Any, Any]] = providers.Dict(
        {
            ApiKeyQueries: storage.api_keys,
            AuditQueries: storage.audit,
            CategoryQueries: storage.categories,
            Clock: clock,
            CredentialGenerator: providers.Singleton(RandomCredentials),
            EventQueries: storage.events,
            Identities: providers.Singleton(RandomIdentities),
            ImageInspector: providers.Singleton(PillowInspector),
            ImageStore: images,
            OrderAccessTokens: providers.Singleton(
                HmacOrderAccessTokens, secret_key, old_secret_keys
            ),
            OrderQueries: storage.orders,
            PasswordHasher: hasher,
            PasswordRules: providers.Singleton(CommonPasswordRules),
            PrincipalQueries: storage.principals,
            UseCaseSettings: settings,
            StorageHealth: storage.health,
            TicketPrinter: providers.Singleton(TypstTicketPrinter, images),
            UnitOfWorkFactory: storage.unit_of_work.provider,
            UserQueries: storage.users,
            UsernameRules: providers.Singleton(PrecisUsernameRules),
        }
    )


def build_use_cases(ports: Mapping[Any, Any]) -> UseCases:
    """Build all use cases from the ports that the annotations of their fields name.

    Args:
        ports: the implementations by port.

    Raises:
        KeyError: a use case needs a port that is missing.
    """
    return UseCases(
        **{
            name: _build(kind, ports) if is_dataclass(kind) else ports[kind]
            for name, kind in get_type_hints(UseCases).items()
        }
    )


def _build(use_case: Any, ports: Mapping[Any, Any]) -> Any:
    annotations = get_type_hints(use_case)
    needed = [field.name for field in fields(use_case) if field.init]
    return use_case(**{name: ports[annotations[name]] for name in needed})
