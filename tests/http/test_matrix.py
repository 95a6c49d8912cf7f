"""Every operation as every role and with every API key, checked against the role policy.

The test fails for an operation without a rule, and for a rule without an operation.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import pytest
from werkzeug.test import TestResponse

from eventapi.domain import policy
from eventapi.domain.api_key import KeyScope
from eventapi.domain.policy import Action, Actor, PermissionScope
from eventapi.domain.user import Role
from eventapi.domain.values import UserId
from eventapi.testing import Client, MemoryApi
from eventapi.testing.api import PASSWORD
from tests.api import event_body, event_path, make_event, picture
from tests.builders import NOW
from tests.conformance import document, watched_app

NOWHERE = 987_654
NO_ORDER = "01932c07-209c-7f7a-8b0e-5f1e6a3c9d42"
NO_CODE = "0" * 26
ANY = {"If-Match": "*"}
PERSON = {"name": "Ada", "email": "ada@example.org"}

Belongs = Literal["nobody", "event", "order", "buyer", "account", "key"]


@dataclass(frozen=True)
class Rule:
    """The access rule of an operation.

    Attributes:
        action: of the role policy; None allows everybody.
        belongs: the owner of the resource.
        scope: the scope that an API key needs; None refuses all keys.
        sent: the body, headers and query of the request.
        signed_in: whether guests are refused although there is no action.
        for_oneself: the action of those who act for themselves, not for others.
    """

    action: Action | None = None
    belongs: Belongs = "nobody"
    scope: KeyScope | None = None
    sent: dict[str, Any] = field(default_factory=dict)
    signed_in: bool = False
    for_oneself: Action | None = None

    def is_for_nobody(self, actor: Actor | None) -> bool:
        """Return whether the policy allows this role the operation on no resource at all."""
        actions = [action for action in (self.action, self.for_oneself) if action]
        return bool(actions) and all(
            policy.scope_of(actor, action) is PermissionScope.NONE for action in actions
        )


def body(**values: Any) -> dict[str, Any]:
    return {"json": values}


A, K = Action, KeyScope
READ, MANAGE, SELL, DOOR = K.READ_EVENTS, K.MANAGE, K.SELL, K.CHECK_IN
TYPE = {"name": "VIP", "quantity": 2}
SESSION = {
    "title": "Talk",
    "start_time": "2030-06-01T18:00:00Z",
    "end_time": "2030-06-01T19:00:00Z",
}

RULES: dict[str, Rule] = {
    # Accounts
    "sign_up": Rule(sent=body(username="newcomer", password=PASSWORD)),
    "login": Rule(sent=body(username="buyer", password=PASSWORD)),
    "refresh_token": Rule(signed_in=True),
    "logout": Rule(signed_in=True),
    "get_me": Rule(A.CHANGE_ACCOUNT, "account"),
    "update_me": Rule(A.CHANGE_ACCOUNT, "account", sent=body(first_name="Ada")),
    "change_password": Rule(
        A.CHANGE_ACCOUNT,
        "account",
        sent=body(current_password=PASSWORD, new_password="staple battery horse"),
    ),
    "erase_me": Rule(A.CHANGE_ACCOUNT, "account"),
    "list_users": Rule(A.MANAGE_ACCOUNTS),
    "get_user": Rule(A.MANAGE_ACCOUNTS),
    "update_user": Rule(A.MANAGE_ACCOUNTS, sent=body(role="organizer")),
    "erase_user": Rule(A.MANAGE_ACCOUNTS),
    "create_api_key": Rule(A.MANAGE_API_KEYS, "account", sent=body(name="x", scopes=["sell"])),
    "list_api_keys": Rule(A.MANAGE_API_KEYS, "account"),
    "get_api_key": Rule(A.MANAGE_API_KEYS, "key"),
    "revoke_api_key": Rule(A.MANAGE_API_KEYS, "key"),
    "list_audit_trail": Rule(A.MANAGE_ACCOUNTS),
    "list_event_audit_trail": Rule(A.SEE_AUDIT_TRAIL, "event", MANAGE),
    # Categories
    "list_categories": Rule(scope=READ),
    "get_category": Rule(scope=READ),
    "create_category": Rule(A.MANAGE_CATEGORIES, scope=MANAGE, sent=body(name="New")),
    "rename_category": Rule(A.MANAGE_CATEGORIES, scope=MANAGE, sent=body(name="New")),
    "delete_category": Rule(A.MANAGE_CATEGORIES, scope=MANAGE),
    # Events
    "list_events": Rule(scope=READ),
    "get_event": Rule(scope=READ),
    "get_image": Rule(scope=READ),
    "get_calendar": Rule(scope=READ),
    "get_calendar_feed": Rule(scope=READ),
    "list_ticket_types": Rule(scope=READ),
    "list_sessions": Rule(scope=READ),
    "get_ticket_type": Rule(scope=READ),
    "get_session": Rule(scope=READ),
    "create_event": Rule(A.CREATE_EVENT, scope=MANAGE, sent={"json": event_body()}),
    "replace_event": Rule(
        A.CHANGE_EVENT, "event", MANAGE, sent={"json": event_body(), "headers": ANY}
    ),
    "update_event": Rule(A.CHANGE_EVENT, "event", MANAGE, sent=body(name="x") | {"headers": ANY}),
    "delete_event": Rule(A.CHANGE_EVENT, "event", MANAGE, sent={"headers": ANY}),
    "cancel_event": Rule(A.CHANGE_EVENT, "event", MANAGE),
    "put_image": Rule(
        A.CHANGE_EVENT, "event", MANAGE, sent={"data": picture(), "content_type": "image/png"}
    ),
    "delete_image": Rule(A.CHANGE_EVENT, "event", MANAGE),
    "add_ticket_type": Rule(
        A.CHANGE_EVENT, "event", MANAGE, sent={"json": TYPE | {"name": "Another"}}
    ),
    "update_ticket_type": Rule(
        A.CHANGE_EVENT, "event", MANAGE, sent=body(name="x") | {"headers": ANY}
    ),
    "delete_ticket_type": Rule(A.CHANGE_EVENT, "event", MANAGE, sent={"headers": ANY}),
    "add_session": Rule(A.CHANGE_EVENT, "event", MANAGE, sent={"json": SESSION}),
    "update_session": Rule(
        A.CHANGE_EVENT, "event", MANAGE, sent=body(title="x") | {"headers": ANY}
    ),
    "delete_session": Rule(A.CHANGE_EVENT, "event", MANAGE, sent={"headers": ANY}),
    "get_statistics": Rule(A.SEE_EVENT_FIGURES, "event", READ),
    "list_top_events": Rule(A.SEE_SALES_REPORTS, scope=READ),
    # Orders
    "purchase_tickets": Rule(
        A.SELL_TICKETS,
        "event",
        SELL,
        sent=body(quantity=1, buyer=PERSON),
        for_oneself=A.PURCHASE_TICKETS,
    ),
    "register_attendee": Rule(scope=SELL, sent={"json": PERSON}),
    "list_orders": Rule(signed_in=True),
    "get_order": Rule(A.SEE_ORDER, "order", SELL),
    "cancel_order": Rule(A.CANCEL_ORDER, "order", MANAGE),
    "cancel_ticket": Rule(A.CANCEL_ORDER, "order", MANAGE),
    "name_attendee": Rule(A.CHANGE_ORDER, "buyer", sent=body(attendee=PERSON)),
    "transfer_ticket": Rule(A.CHANGE_ORDER, "buyer", sent={"json": PERSON}),
    "list_event_orders": Rule(A.SEE_EVENT_ORDERS, "event", MANAGE),
    "list_waitlist": Rule(A.SEE_EVENT_ORDERS, "event", MANAGE),
    "list_attendees": Rule(A.SEE_ATTENDEES, "event", MANAGE),
    # Tickets and the door
    "get_ticket": Rule(),
    "get_qr_svg": Rule(),
    "get_qr_png": Rule(),
    "get_ticket_pdf": Rule(),
    "get_order_tickets_pdf": Rule(A.SEE_ORDER, "order", SELL),
    "check_in": Rule(A.CHECK_IN, "event", DOOR, sent=body(code="{code}")),
    "undo_check_in": Rule(A.CHECK_IN, "event", DOOR, sent={"query_string": {"code": "{code}"}}),
    "get_check_in_counts": Rule(A.CHECK_IN, "event", DOOR),
    "check_in_batch": Rule(A.CHECK_IN, "event", DOOR, sent=body(scans=[{"code": "{code}"}])),
    # The program
    "get_root": Rule(),
    "live": Rule(),
    "ready": Rule(),
}

OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, item in document()["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
}
ACTORS = ("guest", "buyer", "other-user", "organizer", "other-organizer", "admin")
ROLES = {
    "guest": None, "buyer": Role.USER, "other-user": Role.USER, "organizer": Role.ORGANIZER,
    "other-organizer": Role.ORGANIZER, "admin": Role.ADMIN,
}  # fmt: skip


class World:
    """An event with all its parts, and a client of every role."""

    def __init__(self) -> None:
        self.api = MemoryApi(now=NOW, app=watched_app())
        self.use_cases = self.api.app.extensions["eventapi"]
        self.is_changed = False
        self.clients: dict[str, Client] = {"guest": self.api.guest()}
        for name, role in ROLES.items():
            if role is not None:
                self.clients[name] = self.api.sign_in(role.value, username=name)
        self.ids = {
            name: client.get("/api/users/me").get_json()["id"]
            for name, client in self.clients.items()
            if name != "guest"
        }
        organizer, admin = self.clients["organizer"], self.clients["admin"]
        admin.post("/api/categories", json={"name": "Jazz"})
        event = make_event(organizer, capacity=9, ticket_types=[TYPE | {"quantity": 9}])
        path = event_path(event)
        spare = organizer.post(f"{path}/ticket-types", json={"name": "Spare", "quantity": 1})
        kind = event["ticket_types"][0]["id"]
        organizer.post(f"{path}/sessions", json=SESSION)
        organizer.put(f"{path}/image", data=picture(), content_type="image/png")
        order = (
            self.clients["buyer"]
            .post(f"{path}/purchase", json={"quantity": 1, "ticket_type": kind})
            .get_json()
        )
        keys = [
            organizer.post("/api/keys", json={"name": "x", "scopes": [scope]}).get_json()
            for scope in (*KeyScope, KeyScope.SELL)
        ]
        self.machines = {
            scope: Client(self.api.app, {"access": key["key"]})
            for scope, key in zip(KeyScope, keys, strict=False)
        }
        bystander = self.api.sign_in("user").get("/api/users/me").get_json()["id"]
        self.present = {
            "event_id": event["id"], "ticket_type_id": spare.get_json()["id"], "session_id": 1,
            "order_id": order["id"], "ticket_id": order["tickets"][0]["id"],
            "code": order["tickets"][0]["code"], "slug": "jazz",
            "user_id": bystander, "key_id": keys[-1]["id"],
        }  # fmt: skip
        self.kind = kind

    def owners(self, rule: Rule, actor: str) -> tuple[UserId, ...]:
        """Return the accounts that own what a rule is about, as this actor asks for it."""
        owners = {
            "nobody": (),
            "event": ("organizer",),
            "order": ("buyer", "organizer"),
            "buyer": ("buyer",),
            "account": (actor,) if actor != "guest" else (),
            "key": ("organizer",),
        }[rule.belongs]
        return tuple(UserId(self.ids[name]) for name in owners)

    def actor(self, name: str) -> Actor | None:
        """Return an actor as the policy knows it; None for guests."""
        role = ROLES[name]
        return None if role is None else Actor(UserId(self.ids[name]), name, role)

    def send(
        self, operation: str, client: Client, values: dict[str, Any], **instead: Any
    ) -> TestResponse:
        """Send a valid request; only the client decides whether it is allowed.

        Args:
            operation: its id.
            client: the sender.
            values: of the parameters of the path.
            instead: parts of the request that are not valid.
        """
        method, path = OPERATIONS[operation]
        sent = _filled(RULES[operation].sent, values)
        users = [self.clients["buyer"], self.clients["other-user"]]
        if RULES[operation].for_oneself and client in users:
            del sent["json"]["buyer"]
        if operation in {"purchase_tickets", "register_attendee"}:
            sent["json"] = sent["json"] | {"ticket_type": self.kind}
        if operation == "refresh_token":
            refresh = client.tokens.get("refresh")
            sent["headers"] = {"Authorization": f"Bearer {refresh}"} if refresh else {}
        if "json" in instead or "data" in instead:
            sent = {name: sent[name] for name in sent if name not in {"json", "data"}}
        answer = client.request(method, path.format(**values), **sent | instead)
        self.is_changed |= method != "GET" and answer.status_code < 400
        return answer


_made: list[World] = []


@pytest.fixture
def world() -> World:
    """The world of the test before, unless a request has changed it."""
    if not _made or _made[0].is_changed:
        _made[:] = [World()]
    world = _made[0]
    world.api.app.extensions["eventapi"] = world.use_cases
    return world


def _filled(sent: Any, values: dict[str, Any]) -> Any:
    match sent:
        case dict():
            return {name: _filled(value, values) for name, value in sent.items()}
        case list():
            return [_filled(value, values) for value in sent]
        case "{code}":
            return values["code"]
        case _:
            return sent


ABSENT: dict[str, Any] = {
    "event_id": NOWHERE, "ticket_type_id": NOWHERE, "session_id": NOWHERE, "order_id": NO_ORDER,
    "ticket_id": NO_ORDER, "code": NO_CODE, "slug": "nothing", "user_id": NOWHERE,
    "key_id": NOWHERE,
}  # fmt: skip


def test_every_operation_has_a_rule_and_every_rule_an_operation() -> None:
    assert RULES.keys() == OPERATIONS.keys()


def test_every_action_of_the_policy_is_tried_here() -> None:
    # These apply within operations that are open to everybody, and have their own tests.
    within = {Action.CREATE_ADMIN, Action.CREATE_ORGANIZER, Action.SEE_PRIVATE_EVENT}
    tried = {action for rule in RULES.values() for action in (rule.action, rule.for_oneself)}

    assert tried - {None} == set(Action) - within


def may(world: World, rule: Rule, name: str) -> bool:
    """Return what the policy decides."""
    actor = world.actor(name)
    if rule.action is None:
        return actor is not None or not rule.signed_in
    if rule.for_oneself and policy.scope_of(actor, rule.for_oneself) is not PermissionScope.NONE:
        return True
    if rule.belongs == "nobody":
        return policy.scope_of(actor, rule.action) is not PermissionScope.NONE
    return policy.may(actor, rule.action, owners=world.owners(rule, name))


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.parametrize("operation", RULES)
def test_the_policy_decides_about_what_is_there(world: World, operation: str, name: str) -> None:
    rule = RULES[operation]

    answer = world.send(operation, world.clients[name], world.present)

    told = (answer.status_code, answer.data[:300])
    if may(world, rule, name):
        assert answer.status_code < 300 or answer.status_code == 409, told
    elif name == "guest":
        assert answer.status_code == 401, told
    else:
        assert answer.status_code in {403, 404}, told


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.parametrize(
    "operation", [name for name, (_, path) in OPERATIONS.items() if "{" in path]
)
def test_what_is_not_there_is_told_only_to_whom_it_would_be(
    world: World, operation: str, name: str
) -> None:
    rule = RULES[operation]

    answer = world.send(operation, world.clients[name], ABSENT)

    nobody = rule.is_for_nobody(world.actor(name))
    expected = (401 if name == "guest" else 403) if nobody else 404
    if name == "guest" and rule.signed_in:
        expected = 401
    assert answer.status_code == expected, answer.get_data(as_text=True)


NOT_VALID: dict[str, dict[str, Any]] = {
    "query": {"query_string": {"no_such_parameter": "1"}},
    "body": {"json": {"no_such_field": 1}},
    "list": {"json": []},
    "malformed body": {"data": b"{", "content_type": "application/json"},
    "media type": {"data": b"x", "content_type": "text/plain"},
}


@pytest.mark.parametrize("name", [*ACTORS, *KeyScope])
@pytest.mark.parametrize("operation", RULES)
def test_who_may_not_do_it_learns_nothing_of_the_content(
    world: World, operation: str, name: str
) -> None:
    client = world.machines[KeyScope(name)] if name in set(KeyScope) else world.clients[name]
    what = [sent for part, sent in NOT_VALID.items() if part == "query" or _has_body(operation)]
    if operation == "refresh_token":
        return  # its credentials are in the body
    for values in (world.present, ABSENT):
        refused = [world.send(operation, client, values, **sent) for sent in what]

        codes = {(answer.status_code, answer.get_json()["code"]) for answer in refused}
        if {status for status, _ in codes} - {400, 415, 422}:
            # The same as for a valid request, which changes nothing then.
            valid = world.send(operation, client, values)
            assert codes == {(valid.status_code, valid.get_json()["code"])}
            assert valid.status_code in {401, 403, 404}
        else:
            assert values is world.present or "{" not in OPERATIONS[operation][1]
            assert _is_allowed(world, operation, name)


def _is_allowed(world: World, operation: str, name: str) -> bool:
    rule = RULES[operation]
    if name not in set(KeyScope):
        return may(world, rule, name)
    if not _security(operation) or _is_public(operation):
        return True
    return name in {rule.scope, KeyScope.MANAGE} and may(world, rule, "organizer")


def _has_body(operation: str) -> bool:
    method, path = OPERATIONS[operation]
    return "requestBody" in document()["paths"][path][method.lower()]


@pytest.mark.parametrize("scope", KeyScope)
@pytest.mark.parametrize("operation", [name for name in RULES if name != "refresh_token"])
def test_an_api_key_does_what_its_scope_says(world: World, operation: str, scope: KeyScope) -> None:
    rule = RULES[operation]

    answer = world.send(operation, world.machines[scope], world.present)

    told = (answer.status_code, answer.data[:300])
    security = dict(_security(operation))
    if not security:
        assert answer.status_code < 300 or answer.status_code == 409, told  # does not look at keys
    elif _is_public(operation):
        assert answer.status_code < 300, told  # with the scope or as a guest
    elif rule.scope is None or scope not in {rule.scope, KeyScope.MANAGE}:
        assert answer.status_code == 403, told
        assert answer.get_json()["code"] == "key_not_allowed"
    elif may(world, rule, "organizer"):
        assert answer.status_code < 300 or answer.status_code == 409, told
    else:
        assert answer.status_code in {403, 404}, told
    documented = security.get("api_key")
    assert documented == ([rule.scope.value] if rule.scope else None)


def _is_public(operation: str) -> bool:
    """Return whether it reads what guests may read."""
    method, path = OPERATIONS[operation]
    declared = document()["paths"][path][method.lower()]
    return RULES[operation].scope is READ and {} in declared["security"]


@cache
def _security(operation: str) -> tuple[tuple[str, list[str]], ...]:
    method, path = OPERATIONS[operation]
    declared = document()["paths"][path][method.lower()]["security"]
    return tuple((name, scopes) for entry in declared for name, scopes in entry.items())
