"""The settings of an installation that use cases depend on."""

from dataclasses import dataclass
from datetime import timedelta

from eventapi.domain.user import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCaseSettings:
    """Settings that use cases depend on.

    Attributes:
        open_sign_up: the roles with which anyone may sign up; admins create the others.
        order_limit: the maximum number of tickets of one order.
        session_lifetime: how long a login session lasts after its last renewal.
    """

    open_sign_up: frozenset[Role] = frozenset({Role.USER})
    order_limit: int = 10
    session_lifetime: timedelta = timedelta(days=30)
