"""The role policy."""

import pytest

from eventapi.domain import policy
from eventapi.domain.errors import NotAllowed, NotSignedIn
from eventapi.domain.policy import Action, Actor, PermissionScope
from eventapi.domain.user import Role
from eventapi.domain.values import UserId


def actor(role: Role, id: int = 1) -> Actor:
    return Actor(UserId(id), "somebody", role)


GUEST = None
USER, ORGANIZER, ADMIN = actor(Role.USER), actor(Role.ORGANIZER), actor(Role.ADMIN)


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (Action.CREATE_ADMIN, [ADMIN]),
        (Action.CREATE_ORGANIZER, [ADMIN]),
        (Action.CREATE_EVENT, [ORGANIZER, ADMIN]),
        (Action.SELL_TICKETS, [ORGANIZER, ADMIN]),
        (Action.CHANGE_EVENT, [ORGANIZER, ADMIN]),
        (Action.SEE_PRIVATE_EVENT, [ORGANIZER, ADMIN]),
        (Action.SEE_EVENT_FIGURES, [ORGANIZER, ADMIN]),
        (Action.SEE_EVENT_ORDERS, [ORGANIZER, ADMIN]),
        (Action.MANAGE_CATEGORIES, [ADMIN]),
        (Action.SEE_ORDER, [USER, ORGANIZER, ADMIN]),
        (Action.CANCEL_ORDER, [USER, ORGANIZER, ADMIN]),
        (Action.SEE_SALES_REPORTS, [ORGANIZER, ADMIN]),
    ],
)
def test_an_action_is_for_these_and_for_nobody_else(action: Action, allowed: list[Actor]) -> None:
    for somebody in (USER, ORGANIZER, ADMIN):
        if somebody in allowed:
            assert policy.require(somebody, action) is somebody
        else:
            with pytest.raises(NotAllowed) as refusal:
                policy.require(somebody, action)
            assert refusal.value.action == action
    with pytest.raises(NotSignedIn):
        policy.require(GUEST, action)


def test_guests_and_users_purchase_for_themselves() -> None:
    scopes = {
        somebody: policy.scope_of(somebody, Action.PURCHASE_TICKETS)
        for somebody in (GUEST, USER, ORGANIZER, ADMIN)
    }

    assert scopes == {
        GUEST: PermissionScope.ALL, USER: PermissionScope.ALL,
        ORGANIZER: PermissionScope.NONE, ADMIN: PermissionScope.NONE,
    }  # fmt: skip


def test_an_order_is_seen_by_its_owners_and_by_admins() -> None:
    buyer, organizer = UserId(5), UserId(6)
    owners = (buyer, organizer)

    assert policy.may(actor(Role.USER, 5), Action.SEE_ORDER, owners=owners)
    assert policy.may(actor(Role.ORGANIZER, 6), Action.SEE_ORDER, owners=owners)
    assert policy.may(actor(Role.ADMIN, 7), Action.SEE_ORDER, owners=owners)
    assert not policy.may(actor(Role.USER, 8), Action.SEE_ORDER, owners=owners)
    assert not policy.may(actor(Role.ORGANIZER, 8), Action.SEE_ORDER, owners=owners)
    assert not policy.may(GUEST, Action.SEE_ORDER, owners=owners)


def test_an_organizer_sees_reports_of_their_own_events_an_admin_of_all() -> None:
    assert policy.scope_of(ORGANIZER, Action.SEE_SALES_REPORTS) is PermissionScope.OWN
    assert policy.scope_of(ADMIN, Action.SEE_SALES_REPORTS) is PermissionScope.ALL


@pytest.mark.parametrize(
    "action", [Action.CHANGE_EVENT, Action.SEE_PRIVATE_EVENT, Action.SEE_EVENT_FIGURES,
               Action.SEE_EVENT_ORDERS],
)  # fmt: skip
def test_an_event_is_its_organizer_s_and_every_admin_s(action: Action) -> None:
    for somebody, allowed in ((GUEST, False), (USER, False), (ORGANIZER, True), (ADMIN, True)):
        assert policy.may(somebody, action, owners=(UserId(1),)) is allowed
        assert policy.may(somebody, action, owners=(UserId(2),)) is (somebody is ADMIN)


def test_every_action_has_an_answer_for_everybody() -> None:
    for action in Action:
        assert set(policy.POLICY[action]) == {None, *Role}
