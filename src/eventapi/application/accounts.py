"""Accounts: registering and signing in."""

from dataclasses import dataclass

from eventapi.application.ports import (
    Clock,
    PasswordHasher,
    UnitOfWorkFactory,
    UserQueries,
)
from eventapi.application.views import UserView
from eventapi.domain import policy
from eventapi.domain.errors import AccountGone, InvalidCredentials, InvalidValues
from eventapi.domain.policy import Action, Actor
from eventapi.domain.user import Role, User, check_password
from eventapi.domain.values import EmailAddress, Username, clean_text

LONGEST_PERSON_NAME = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What somebody says of themselves when they register."""

    username: str
    password: str
    role: str = Role.USER
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class RegisterAccount:
    """Make an account.

    Anyone may register as user or organizer. An admin is registered by an
    admin, or by anyone while admin registration is open; the command line,
    whose user holds the database anyway, opens it for the first one.
    """

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        hasher: PasswordHasher,
        clock: Clock,
        *,
        open_admin_registration: bool,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._hasher = hasher
        self._clock = clock
        self._open_admin_registration = open_admin_registration

    def __call__(self, actor: Actor | None, account: NewAccount) -> UserView:
        """Make the account.

        Raises:
            InvalidValues: a name, the password, the email or the role can't be taken.
            NotSignedIn, NotAllowed: registering an admin needs an admin.
            UsernameTaken: somebody has the username.
        """
        try:
            role = Role(account.role)
        except ValueError:
            raise InvalidValues({"role": "Must be admin, organizer or user."}) from None
        if role is Role.ADMIN and not self._open_admin_registration:
            policy.require(actor, Action.REGISTER_ADMIN)
        username = Username(account.username)
        check_password(account.password)
        email = EmailAddress(account.email) if account.email is not None else None
        first_name = _person_name("first_name", account.first_name)
        last_name = _person_name("last_name", account.last_name)
        # Slow on purpose, so done before a connection is held.
        password_hash = self._hasher.hash(account.password)

        with self._unit_of_work() as work:
            user = User(
                id=work.users.next_id(),
                username=username,
                password_hash=password_hash,
                role=role,
                email=email,
                first_name=first_name,
                last_name=last_name,
                created_at=self._clock.now(),
            )
            work.users.add(user)
            work.commit()
        return UserView.of(user)


def _person_name(field: str, name: str | None) -> str | None:
    return None if name is None else clean_text(field, name, longest=LONGEST_PERSON_NAME)


class SignIn:
    """Find out by username and password who somebody is."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, hasher: PasswordHasher) -> None:
        self._unit_of_work = unit_of_work
        self._hasher = hasher

    def __call__(self, username: str, password: str) -> UserView:
        """Give the account.

        Raises:
            InvalidCredentials: there is no such account or the password is not
                its password; the words and the time taken are the same.
        """
        user = self._find(username)
        known = self._hasher.verify(user.password_hash if user else None, password)
        if user is None or not known:
            raise InvalidCredentials
        return UserView.of(user)

    def _find(self, username: str) -> User | None:
        try:
            name = Username(username)
        except InvalidValues:
            return None  # nobody is called so
        with self._unit_of_work() as work:
            return work.users.by_username(name)


class ShowAccount:
    """Show somebody their own account, as it is now."""

    def __init__(self, users: UserQueries) -> None:
        self._users = users

    def __call__(self, actor: Actor) -> UserView:
        """Give the account.

        Raises:
            AccountGone: it no longer exists.
        """
        user = self._users.get(actor.id)
        if user is None:
            raise AccountGone
        return user
