"""Storing accounts, and their unique usernames."""

import pytest

from eventapi.domain.errors import (
    UsernameTaken,
)
from eventapi.domain.user import Role, User
from eventapi.domain.values import EventId, UserId, Username
from tests.builders import IDENTITIES, NOW
from tests.concurrency import run_together
from tests.contracts.storage.harness import Storage, StorageTests


class TestUsers(StorageTests):
    def test_an_account_is_found_by_id_and_by_name_without_regard_to_case(
        self, storage: Storage
    ) -> None:
        bob = storage.add_user("Bob")

        with storage.unit_of_work() as work:
            found = work.users.by_username(Username("bOB"))
        shown = storage.users.get(bob.id)

        assert found is not None
        assert (found.id, found.username, found.role) == (bob.id, Username("Bob"), Role.USER)
        assert shown is not None
        assert (shown.id, shown.username, shown.created_at) == (bob.id, "Bob", NOW)

    def test_nobody_is_found_where_nobody_is(self, storage: Storage) -> None:
        with storage.unit_of_work() as work:
            assert work.users.by_username(Username("nobody")) is None
        assert storage.users.get(UserId(10**12)) is None
        assert storage.events.get(EventId(10**12)) is None
        assert storage.orders.get(IDENTITIES.order_id()) is None
        with storage.unit_of_work() as work:
            assert work.events.get_for_update(EventId(10**12)) == {}

    def test_a_username_is_taken_once(self, storage: Storage, bob: User) -> None:
        with pytest.raises(UsernameTaken) as refusal:
            storage.add_user("BOB")

        assert refusal.value.username == "BOB"
        shown = storage.users.get(bob.id)
        assert shown is not None
        assert shown.username == "bob"

    def test_two_at_once_get_a_username_once(self, storage: Storage) -> None:
        taken = run_together([lambda: storage.add_user("Eve")] * 8)

        assert sum(isinstance(result, User) for result in taken) == 1
        assert sum(isinstance(result, UsernameTaken) for result in taken) == 7
