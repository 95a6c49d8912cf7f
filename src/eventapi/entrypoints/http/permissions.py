"""Permissions of operations, checked where a request is refused for its content.

Each function returns a check, which takes the parameters of the path.
"""

from collections.abc import Callable
from typing import Any

from flask import request

from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import EventId
from eventapi.entrypoints.http.blueprint import use_cases
from eventapi.entrypoints.http.bodies import names
from eventapi.entrypoints.http.security import current_actor, current_session

Check = Callable[..., object]


def role(action: Action) -> Check:
    """Return a check that the sender's role allows an action."""
    return lambda: use_cases().check_permission.role(_sender(), action)


def organizer(action: Action = Action.CHANGE_EVENT) -> Check:
    """Return a check that the sender may do something with the event, or with a part of it."""
    return lambda **path: use_cases().check_permission.event(_sender(), action, **path)


def viewer(*, image: bool = False) -> Check:
    """Return a check that the sender may see the event, or a part of it."""

    def check(event_id: EventId, **part: Any) -> None:
        get, code = use_cases().get_event, request.args.get("access_code")
        if image:
            get.image(_sender(), event_id, access_code=code)
        elif "ticket_type_id" in part:
            get.ticket_type(_sender(), event_id, part["ticket_type_id"], access_code=code)
        elif "session_id" in part:
            get.session(_sender(), event_id, part["session_id"], access_code=code)
        else:
            get(_sender(), event_id, access_code=code)

    return check


def buyer() -> Check:
    """Return a check that the sender may buy or sell tickets of the event."""

    def check(event_id: EventId) -> None:
        viewer()(event_id)
        use_cases().check_permission.sale(_sender(), event_id, names_buyer=names("buyer"))

    return check


def order(action: Action) -> Check:
    """Return a check that the sender may do something with the order, or with a ticket of it."""
    return lambda **path: use_cases().check_permission.order(
        _sender(), action, secret=request.args.get("secret"), **path
    )


def categories() -> Check:
    """Return a check that the sender may manage the category."""
    return lambda slug: use_cases().check_permission.category(_sender(), slug)


def accounts() -> Check:
    """Return a check that the sender may manage the account."""
    return lambda user_id: use_cases().check_permission.account(_sender(), user_id)


def api_keys() -> Check:
    """Return a check that the sender may manage the API key."""
    return lambda key_id: use_cases().check_permission.api_key(_sender(), key_id)


def _sender() -> Actor | None:
    """Return the sender, who is not yet authenticated if the use case does that."""
    actor, session = current_actor(), current_session()
    if actor is None and session is not None:
        return use_cases().authenticate.by_session(session)
    return actor
