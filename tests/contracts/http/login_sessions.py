"""Staying signed in, and signing out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask_jwt_extended import create_access_token

from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.api import (
    GRACE,
    OTHER_PASSWORD,
    SECRET,
    bearer,
    buy,
    errors_of,
    id_of,
    make_event,
    problem,
    renew,
    sign_in,
    tickets_sold,
)


class TestLoginSessions:
    def test_who_signs_out_is_out_at_once_and_only_there(self, api: Api, bob: Client) -> None:
        elsewhere = sign_in(api, "bob")

        assert bob.post("/api/logout").status_code == 204

        problem(bob.get("/api/users/me"), 401, "session_ended")
        problem(bob.post("/api/logout"), 401, "session_ended")
        problem(renew(bob, bob.tokens["refresh"]), 401, "session_ended")
        assert elsewhere.get("/api/users/me").status_code == 200

    def test_who_signs_out_buys_nothing_more(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        bob.post("/api/logout")

        problem(buy(bob, event["id"]), 401, "session_ended")
        assert tickets_sold(olga, event) == 0

    def test_a_refresh_token_is_good_once_and_twice_ends_its_family(
        self, api: Api, bob: Client, guest: Client
    ) -> None:
        elsewhere = sign_in(api, "bob")
        first = bob.tokens["refresh"]
        second = renew(guest, first).get_json()
        third = renew(guest, second["refresh"]).get_json()
        assert guest.get("/api/users/me", headers=bearer(third["access"])).status_code == 200

        problem(renew(guest, first), 401, "refresh_token_reused")

        problem(renew(guest, third["refresh"]), 401, "session_ended")
        for tokens in (bob.tokens, second, third):
            headers = bearer(tokens["access"])
            problem(guest.get("/api/users/me", headers=headers), 401, "session_ended")
        assert elsewhere.get("/api/users/me").status_code == 200

    def test_another_password_ends_all_other_sessions(self, api: Api, bob: Client) -> None:
        elsewhere = sign_in(api, "bob")
        change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}

        assert bob.post("/api/users/me/password", json=change).status_code == 204

        assert bob.get("/api/users/me").status_code == 200
        problem(elsewhere.get("/api/users/me"), 401, "session_ended")
        problem(renew(elsewhere, elsewhere.tokens["refresh"]), 401, "session_ended")
        login = {"username": "bob", "password": PASSWORD}
        problem(api.guest().post("/api/login", json=login), 401, "invalid_credentials")
        assert sign_in(api, "bob", OTHER_PASSWORD).get("/api/orders").status_code == 200

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"current_password": "wrong password"}, "current_password"),
            ({"new_password": "short"}, "new_password"),
            ({"new_password": "Password1"}, "new_password"),
            ({"new_password": None}, "new_password"),
            ({"hint": "x"}, "hint"),
        ],
    )
    def test_a_wrong_change_of_password_changes_nothing(
        self, api: Api, bob: Client, change: dict[str, Any], field: str
    ) -> None:
        body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD} | change

        assert errors_of(bob.post("/api/users/me/password", json=body)) == [field]

        assert sign_in(api, "bob").get("/api/users/me").status_code == 200

    def test_a_disabled_account_is_out_at_once_and_comes_back_when_enabled(
        self, api: Api, admin: Client, bob: Client, olga: Client
    ) -> None:
        path = f"/api/users/{id_of(bob)}"
        event = make_event(olga)

        assert admin.patch(path, json={"is_disabled": True}).get_json()["is_disabled"] is True

        problem(bob.get("/api/users/me"), 401, "session_ended")
        problem(buy(bob, event["id"]), 401, "session_ended")
        problem(renew(bob, bob.tokens["refresh"]), 401, "session_ended")
        login = {"username": "bob", "password": PASSWORD}
        problem(api.guest().post("/api/login", json=login), 403, "account_disabled")
        wrong = {"username": "bob", "password": "wrong password"}
        problem(api.guest().post("/api/login", json=wrong), 401, "invalid_credentials")
        assert admin.patch(path, json={"is_disabled": False}).get_json()["is_disabled"] is False
        assert sign_in(api, "bob").get("/api/users/me").status_code == 200
        problem(bob.get("/api/users/me"), 401, "session_ended")

    def test_another_role_counts_at_once(self, admin: Client, bob: Client, olga: Client) -> None:
        event = make_event(olga)
        admin.patch(f"/api/users/{id_of(bob)}", json={"role": "Organizer"})

        problem(buy(bob, event["id"], buyer=GRACE), 403, "not_allowed")  # of another organizer
        assert make_event(bob)["organizer"]["username"] == "bob"

    @pytest.mark.parametrize(
        ("claims", "header", "key"),
        [
            ({"exp": -60}, {}, SECRET),
            ({"iat": 600, "exp": 1200}, {}, SECRET),
            ({"nbf": 600}, {}, SECRET),
            ({"iss": "somebody-else"}, {}, SECRET),
            ({"iss": None}, {}, SECRET),
            ({"sub": None}, {}, SECRET),
            ({"type": "refresh"}, {}, SECRET),
            ({}, {"kid": "0" * 16}, "x" * 64),
            ({}, {}, "x" * 64),
            ({}, {"alg": "HS512"}, SECRET),
            ({}, {"alg": "none"}, ""),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_a_token_that_is_not_ours_and_good_now_is_refused(
        self, bob: Client, guest: Client, claims: dict[str, Any], header: dict[str, str], key: str
    ) -> None:
        good = jwt.decode(bob.tokens["access"], SECRET, algorithms=["HS256"], issuer="eventapi")
        known = jwt.get_unverified_header(bob.tokens["access"])
        now = datetime.now(UTC)
        times = {
            name: int((now + timedelta(seconds=value)).timestamp())
            for name, value in claims.items()
            if isinstance(value, int)
        }
        forged = {
            name: value for name, value in (good | claims | times).items() if value is not None
        }
        algorithm = header.get("alg", "HS256")
        token = jwt.encode(forged, key, algorithm=algorithm, headers={**known, **header})

        for method, path in (
            ("GET", "/api/users/me"),
            ("GET", "/api/events"),
            ("POST", "/api/logout"),
        ):
            answer = guest.request(method, path, headers=bearer(token))
            assert answer.status_code == 401, (method, path)
            assert answer.get_json()["code"] in {"invalid_token", "expired_token"}
        assert bob.get("/api/users/me").status_code == 200  # the original token is accepted

    def test_a_public_key_is_no_secret(self, bob: Client, guest: Client) -> None:
        """A token signed with a public text is not accepted."""
        claims = jwt.decode(bob.tokens["access"], options={"verify_signature": False})
        for known in ("eventapi", jwt.get_unverified_header(bob.tokens["access"])["kid"], ""):
            token = jwt.encode(claims, known.ljust(32, "="), algorithm="HS256")
            problem(guest.get("/api/users/me", headers=bearer(token)), 401, "invalid_token")

    def test_a_session_that_never_was_is_over(self, api: Api, guest: Client) -> None:
        with api.app.app_context():
            token = create_access_token("1", additional_claims={"sid": "0" * 32})

        problem(guest.get("/api/users/me", headers=bearer(token)), 401, "session_ended")
