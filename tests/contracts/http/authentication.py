"""Signing up, signing in, and tokens."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask_jwt_extended import create_access_token

from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.api import (
    JSON,
    bearer,
    make_admin,
    problem,
)


class TestAuthentication:
    def test_registering_gives_the_account_and_never_the_password(self, guest: Client) -> None:
        response = guest.post(
            "/api/register",
            json={"username": "Ada", "password": PASSWORD, "role": "Organizer", "email": "a@b.org"},
        )

        assert response.status_code == 201
        assert response.headers["Location"] == "/api/users/me"
        account = response.get_json()
        assert account.keys() == {
            "id", "username", "role", "email", "first_name", "last_name", "created_at",
            "is_disabled",
        }  # fmt: skip
        assert (account["username"], account["role"]) == ("Ada", "organizer")
        assert PASSWORD not in response.get_data(as_text=True)

    @pytest.mark.usefixtures("bob")
    def test_a_username_is_taken_in_any_letter_case(self, guest: Client) -> None:
        response = guest.post("/api/register", json={"username": "BOB", "password": PASSWORD})

        assert problem(response, 409, "username_taken")["username"] == "BOB"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"username": "x"}, "username"),
            ({"username": "a b c"}, "username"),
            ({"username": "nul\x00"}, "username"),
            ({"username": 5}, "username"),
            ({"username": None}, "username"),
            ({"password": "short"}, "password"),
            ({"password": "x" * 257}, "password"),
            ({"password": "\ud800" * 9}, "password"),
            ({"role": "emperor"}, "role"),
            ({"email": "nobody"}, "email"),
            ({"first_name": " "}, "first_name"),
            ({"last_name": "x" * 151}, "last_name"),
            ({"is_admin": True}, "is_admin"),
        ],
    )
    def test_a_wrong_registration_is_refused_by_field(
        self, guest: Client, changes: dict[str, Any], field: str
    ) -> None:
        body = {"username": "ada", "password": PASSWORD} | changes
        response = guest.post("/api/register", data=json.dumps(body), content_type=JSON)

        if changes.get("password", "").startswith("\ud800"):
            problem(response, 400, "malformed_body")
        else:
            assert list(problem(response, 422, "validation_failed")["errors"]) == [field]
        login = guest.post("/api/login", json={"username": "ada", "password": PASSWORD})
        problem(login, 401, "invalid_credentials")

    def test_a_missing_field_is_named(self, guest: Client) -> None:
        errors = problem(guest.post("/api/register", json={}), 422, "validation_failed")["errors"]

        assert set(errors) == {"username", "password"}

    @pytest.mark.usefixtures("bob")
    def test_tokens_let_in(self, guest: Client) -> None:
        tokens = guest.post("/api/login", json={"username": "BOB", "password": PASSWORD}).get_json()

        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
        me = guest.get("/api/users/me", headers=bearer(tokens["access"]))
        assert me.get_json()["username"] == "bob"

    @pytest.mark.usefixtures("bob")
    def test_unknown_user_and_wrong_password_get_the_same_answer(self, guest: Client) -> None:
        answers = [
            guest.post(
                "/api/login",
                json={"username": username, "password": password},
                headers={"X-Request-ID": "same"},
            )
            for username, password in (("bob", "wrong password"), ("nobody", PASSWORD), ("?", "?"))
        ]

        for answer in answers:
            problem(answer, 401, "invalid_credentials")
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert len({answer.data for answer in answers}) == 1

    def test_a_refresh_token_gives_new_tokens_and_nothing_else(
        self, guest: Client, bob: Client
    ) -> None:
        refresh = bearer(bob.tokens["refresh"])

        renewed = guest.post("/api/token/refresh", headers=refresh).get_json()

        assert guest.get("/api/users/me", headers=bearer(renewed["access"])).status_code == 200
        problem(guest.get("/api/users/me", headers=refresh), 401, "invalid_token")
        access = bearer(bob.tokens["access"])
        problem(guest.post("/api/token/refresh", headers=access), 401, "invalid_token")
        problem(guest.post("/api/token/refresh"), 401, "not_signed_in")

    @pytest.mark.parametrize(
        "authorization",
        ["Bearer nonsense", "Bearer a.b.c", "Bearer ", "Basic Ym9iOmJvYg==", "Bearer \xff", "x"],
    )
    def test_a_bad_token_is_refused_even_where_none_is_needed(
        self, guest: Client, authorization: str
    ) -> None:
        headers = {"Authorization": authorization}

        response = guest.get("/api/users/me", headers=headers)

        assert response.get_json()["code"] in {"invalid_token", "not_signed_in"}
        assert response.status_code == 401
        if authorization.startswith("Bearer a"):
            problem(guest.get("/api/events", headers=headers), 401, "invalid_token")

    def test_an_expired_token_says_so(self, api: Api, guest: Client) -> None:
        with api.app.app_context():
            token = create_access_token(
                "1",
                additional_claims={"sid": "0" * 32},
                expires_delta=timedelta(seconds=-60),
            )

        problem(guest.get("/api/orders", headers=bearer(token)), 401, "expired_token")

    @pytest.mark.parametrize("claims", [{}, {"sid": 5}, {"sid": "x"}, {"sid": None}])
    def test_a_token_of_another_program_is_refused(
        self, api: Api, guest: Client, claims: dict[str, Any]
    ) -> None:
        with api.app.app_context():
            token = create_access_token("1", additional_claims=claims)

        problem(guest.get("/api/orders", headers=bearer(token)), 401, "invalid_token")

    @pytest.mark.parametrize("role", ["Admin", "Organizer"])
    def test_only_an_admin_registers_admins_and_organizers_where_sign_up_is_closed(
        self, closed_api: Callable[[], Api], role: str
    ) -> None:
        api = closed_api()
        account = {"username": "root", "password": PASSWORD, "role": role}

        problem(api.guest().post("/api/register", json=account), 401, "not_signed_in")
        user = api.sign_in("user")
        refusal = problem(user.post("/api/register", json=account), 403, "not_allowed")
        assert refusal["detail"] == f"You are not allowed to create an {role.lower()}."
        first = api.sign_in("user")
        make_admin(api, first)
        made = first.post("/api/register", json=account)
        assert (made.status_code, made.get_json()["role"]) == (201, role.lower())
