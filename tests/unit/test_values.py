"""Value objects can't exist in a wrong state."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapi.adapters.system import RandomIdentities
from eventapi.domain.errors import InvalidValues
from eventapi.domain.user import Role, check_password
from eventapi.domain.values import (
    Attendee,
    EmailAddress,
    Money,
    Period,
    TicketCode,
    Timezone,
    Username,
    clean_text,
)
from tests.builders import NOW, details


@pytest.mark.parametrize("name", ["bob", "Bob.Example", "b@x+y-z_1", "Zoë", "Їжак", "a" * 64])
def test_usernames_of_letters_digits_and_a_few_signs_are_taken(name: str) -> None:
    assert Username(name).value == name


@pytest.mark.parametrize("name", ["", "ab", "a" * 65, "a b c", "bob\n2", "bob\x00", "<bob>", "   "])
def test_other_usernames_are_refused(name: str) -> None:
    with pytest.raises(InvalidValues, match="username"):
        Username(name)


@pytest.mark.parametrize("twin", ["BOB", " bob ", "Ｂｏｂ"])
def test_usernames_are_compared_without_regard_to_case_and_form(twin: str) -> None:
    assert Username(twin).key == Username("bob").key


@pytest.mark.parametrize("address", ["", "bob", "@x.org", "bob@", "b b@x.org", "bob@x", "b@x@y.z"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidValues, match="email"):
        EmailAddress(address)


def test_an_address_is_trimmed_and_otherwise_kept() -> None:
    assert EmailAddress(" Bob@Example.org ").value == "Bob@Example.org"


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "\ud800", "\x7f"])
def test_control_characters_and_half_surrogates_are_refused(text: str) -> None:
    with pytest.raises(InvalidValues, match="control"):
        clean_text("name", text, longest=10)


def test_lines_and_tabs_are_text_where_lines_may_be() -> None:
    assert clean_text("description", "a\r\n\tb ", longest=10, lines=True) == "a\r\n\tb"
    for text in ("a\nb", "a\rb", "a\tb", "a\u2028b", "a\x85b"):
        with pytest.raises(InvalidValues, match="line breaks"):
            clean_text("name", text, longest=10)


def test_money_is_exact_and_never_without_its_currency() -> None:
    assert Money(Decimal("50.00"), "EUR") == Money(Decimal("50.0"), "EUR")
    assert Money.free() == Money(Decimal(0), None)
    for amount, currency in (("-1", "EUR"), ("0.001", "EUR"), ("1.00", None)):
        with pytest.raises(InvalidValues):
            Money(Decimal(amount), currency)


def test_a_ticket_code_carries_at_least_128_bits() -> None:
    assert len(TicketCode.ALPHABET) ** TicketCode.LENGTH >= 2**128


def test_new_codes_use_the_whole_alphabet_and_do_not_repeat() -> None:
    codes = {RandomIdentities().ticket_code().value for _ in range(2000)}

    assert len(codes) == 2000
    assert set("".join(codes)) == set(TicketCode.ALPHABET)


@pytest.mark.parametrize("code", ["", "0" * 25, "0" * 27, "O" * 26, "a" * 26])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidValues):
        TicketCode(code)


def test_new_ids_sort_by_age() -> None:
    identities = RandomIdentities()
    ids = [identities.order_id() for _ in range(1000)]

    assert sorted(ids) == ids


@pytest.mark.parametrize("zone", ["", "Berlin", "europe/berlin", "../../etc/passwd", "UTC\x00"])
def test_only_zones_of_the_iana_database_are_zones(zone: str) -> None:
    with pytest.raises(InvalidValues, match="timezone"):
        Timezone(zone)


def test_a_period_ends_after_it_starts() -> None:
    with pytest.raises(InvalidValues, match="end_time"):
        Period(NOW, NOW)


def test_a_period_has_offsets() -> None:
    with pytest.raises(InvalidValues, match="start_time"):
        Period(datetime(2027, 1, 1), NOW)


@given(
    st.datetimes(
        datetime(1900, 1, 1),
        datetime(9998, 12, 30),
        timezones=st.timezones(),
    )
)
def test_a_period_is_kept_in_utc_and_names_the_same_moments(start: datetime) -> None:
    end = start.astimezone(NOW.tzinfo) + timedelta(hours=1)
    period = Period(start, end)

    assert period.start == start.astimezone(NOW.tzinfo)
    assert period.start.utcoffset() == period.end.utcoffset() == timedelta(0)


@pytest.mark.parametrize("capacity", [0, -1, 10_000_001])
def test_a_capacity_out_of_range_is_refused(capacity: int) -> None:
    with pytest.raises(InvalidValues, match="capacity"):
        details(capacity=capacity)


@pytest.mark.parametrize("name", ["", "   ", "x" * 256])
def test_an_event_needs_a_name_of_at_most_255_characters(name: str) -> None:
    with pytest.raises(InvalidValues, match="name"):
        details(name=name)


def test_an_attendee_needs_a_name() -> None:
    with pytest.raises(InvalidValues, match="name"):
        Attendee("  ")


@pytest.mark.parametrize("written", ["admin", "Admin", " ADMIN "])
def test_roles_are_read_without_regard_to_case(written: str) -> None:
    assert Role(written) is Role.ADMIN


def test_passwords_are_neither_short_nor_endless() -> None:
    check_password("x" * 8)
    check_password("x" * 256)
    for password in ("x" * 7, "x" * 257):
        with pytest.raises(InvalidValues, match="password"):
            check_password(password)
