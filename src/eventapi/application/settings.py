"""The settings of an installation that use cases depend on."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCaseSettings:
    """Settings that use cases depend on.

    Attributes:
        open_admin_sign_up: whether anyone may create an admin account.
        order_limit: the maximum number of tickets of one order.
        session_lifetime: how long a login session lasts after its last renewal.
    """

    open_admin_sign_up: bool = False
    order_limit: int = 10
    session_lifetime: timedelta = timedelta(days=30)
