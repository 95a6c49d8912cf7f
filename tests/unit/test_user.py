"""The personal data of an account."""

import pytest

from eventapi.domain.errors import InvalidValues
from eventapi.domain.user import MAX_PERSON_NAME_LENGTH, Profile
from eventapi.domain.values import EmailAddress


def test_a_stored_profile_is_not_checked_again() -> None:
    stored = Profile(first_name="", last_name="x" * (MAX_PERSON_NAME_LENGTH + 1))

    changed = stored.with_changes({"email": "bob@example.org"})

    assert changed == Profile(
        email=EmailAddress("bob@example.org"),
        first_name=stored.first_name,
        last_name=stored.last_name,
    )


def test_changes_of_a_profile_are_checked_and_trimmed() -> None:
    profile = Profile(first_name="Bob", last_name="Builder")

    assert profile.with_changes({"first_name": " Bo ", "last_name": None}) == Profile(
        first_name="Bo"
    )
    for name, value in (
        ("first_name", " "),
        ("last_name", "x" * (MAX_PERSON_NAME_LENGTH + 1)),
        ("first_name", "B\no"),
        ("email", "bob"),
    ):
        with pytest.raises(InvalidValues) as refusal:
            profile.with_changes({name: value})
        assert list(refusal.value.problems) == [name]
