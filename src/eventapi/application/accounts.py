"""Accounts: registering, changing and erasing one's own, and managing those of others."""

from collections.abc import Mapping
from dataclasses import dataclass

from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.ports.accounts import UserQueries, UserSearch
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock, PasswordHasher, PasswordRules, UsernameRules
from eventapi.application.views import Page, UserView
from eventapi.domain import policy
from eventapi.domain.errors import AccountDeleted, InvalidValues, LastAdmin, UserNotFound
from eventapi.domain.policy import Action, Actor, Scope
from eventapi.domain.user import Role, User
from eventapi.domain.values import EmailAddress, LoginSessionId, UserId, clean_text

MAX_PERSON_NAME_LENGTH = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What somebody says of themselves when they register."""

    username: str
    password: str
    role: str = Role.USER
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class SignUp:
    """Make an account.

    Anyone may register as user or organizer. An admin is registered by an
    admin, or by anyone while admin registration is open; the command line,
    whose user holds the database anyway, opens it for the first one.
    """

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        hasher: PasswordHasher,
        usernames: UsernameRules,
        passwords: PasswordRules,
        clock: Clock,
        *,
        open_admin_sign_up: bool,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._hasher = hasher
        self._usernames = usernames
        self._passwords = passwords
        self._clock = clock
        self._open_admin_registration = open_admin_sign_up

    def __call__(self, actor: Actor | None, account: NewAccount) -> UserView:
        """Make the account.

        Raises:
            InvalidValues: a name, the password, the email or the role can't be taken.
            NotSignedIn, NotAllowed: registering an admin needs an admin.
            UsernameTaken: somebody has the username.
        """
        role = _role(account.role)
        if role is Role.ADMIN and not self._open_admin_registration:
            policy.require(actor, Action.CREATE_ADMIN)
        username = self._usernames.read(account.username)
        self._passwords.check(account.password, "password")
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
            work.audit.record(_done(actor, AuditAction.ACCOUNT_CREATED, self._clock, user.id))
            work.commit()
        return UserView.of(user)


def _person_name(field: str, name: str | None) -> str | None:
    return None if name is None else clean_text(field, name, longest=MAX_PERSON_NAME_LENGTH)


class ChangeOwnAccount:
    """What somebody does to their own account."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        users: UserQueries,
        hasher: PasswordHasher,
        passwords: PasswordRules,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._users = users
        self._hasher = hasher
        self._passwords = passwords
        self._clock = clock

    def show(self, actor: Actor) -> UserView:
        """Give the account.

        Raises:
            AccountDeleted: it no longer exists.
        """
        user = self._users.get(actor.id)
        if user is None:
            raise AccountDeleted
        return user

    def update_profile(self, actor: Actor, changes: Mapping[str, str | None]) -> UserView:
        """Change the email address, the first and the last name, of these what is given.

        Raises:
            InvalidValues: one of them can't be taken.
            AccountDeleted: the account no longer exists.
        """
        policy.require(actor, Action.CHANGE_ACCOUNT)
        with self._unit_of_work() as work:
            user = _own(actor, work)
            email = changes.get("email", user.email.value if user.email else None)
            user.update_profile(
                email=EmailAddress(email) if email is not None else None,
                first_name=_person_name("first_name", changes.get("first_name", user.first_name)),
                last_name=_person_name("last_name", changes.get("last_name", user.last_name)),
            )
            work.users.save(user)
            work.audit.record(_done(actor, AuditAction.ACCOUNT_CHANGED, self._clock, user.id))
            work.commit()
        return UserView.of(user)

    def change_password(
        self, actor: Actor, session: LoginSessionId | None, *, current: str, new: str
    ) -> None:
        """Choose another password, and end all other sessions.

        Args:
            actor: whose password it is.
            session: the one that goes on.
            current: the password as it is.
            new: as it shall be.

        Raises:
            InvalidValues: the current one is wrong, or the new one can't be taken.
            AccountDeleted: the account no longer exists.
            Overloaded: too many passwords are being checked at this moment.
        """
        policy.require(actor, Action.CHANGE_ACCOUNT)
        self._passwords.check(new, "new_password")
        with self._unit_of_work() as work:
            before = work.users.get(actor.id)
        if before is None:
            raise AccountDeleted
        # Slow on purpose, so done while nothing is locked.
        if not self._hasher.verify(before.password_hash, current):
            raise InvalidValues({"current_password": "Is not your password."})
        password_hash = self._hasher.hash(new)
        with self._unit_of_work() as work:
            user = _own(actor, work)
            if user.password_hash != before.password_hash:
                # Somebody was faster; what is the current one has to be asked again.
                raise InvalidValues({"current_password": "Is not your password."})
            user.password_hash = password_hash
            work.users.save(user)
            work.sessions.remove_all(user.id, keep=session)
            work.audit.record(_done(actor, AuditAction.PASSWORD_CHANGED, self._clock, user.id))
            work.commit()


def _own(actor: Actor, work: UnitOfWork) -> User:
    user = work.users.get_for_update(actor.id)
    if user is None or not user.is_active:
        raise AccountDeleted
    return user


def _done(
    actor: Actor | None, deed: AuditAction, clock: Clock, account: UserId, detail: str | None = None
) -> AuditEntry:
    return AuditEntry.by(actor, deed, clock.now(), account=account, detail=detail)


class EraseAccount:
    """Remove who stood behind an account from everything that is kept.

    The account stays as a number without a name, so that what it bought, sold
    and did stays counted and accounted for.
    """

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    def own(self, actor: Actor) -> None:
        """Erase one's own account.

        Raises:
            LastAdmin: nobody could manage the others.
        """
        policy.require(actor, Action.CHANGE_ACCOUNT)
        self._erase(actor, actor.id)

    def __call__(self, actor: Actor | None, id: UserId) -> None:
        """Erase an account, as an admin; erasing it again changes nothing.

        Raises:
            NotSignedIn, NotAllowed: only admins may.
            UserNotFound: there is none.
            LastAdmin: nobody could manage the others.
        """
        self._erase(policy.require(actor, Action.MANAGE_ACCOUNTS), id)

    def _erase(self, actor: Actor, id: UserId) -> None:
        now = self._clock.now()
        with self._unit_of_work() as work:
            _keep_an_admin(id, work)
            # From here on nobody buys or writes as this account; whoever was about to is
            # waited for. Accounts are locked before events, by everybody.
            user = work.users.get_for_erasure(id)
            if user is None:
                raise UserNotFound(id)
            work.events.get_for_update(*work.orders.events_of(id))
            user.erase(now)
            work.users.save(user)
            work.orders.forget_buyer(id)
            work.sessions.remove_all(id)
            work.api_keys.remove_all(id)
            work.audit.record(_done(actor, AuditAction.ACCOUNT_ERASED, self._clock, id))
            work.commit()


def _keep_an_admin(id: UserId, work: UnitOfWork) -> None:
    """Make sure that an account may cease to be an active admin's.

    Called before the account itself is locked: the admins are always locked in
    the order of their ids, and all of them stay so until the end, so that the
    last two can't go at the same time.

    Raises:
        LastAdmin: it is the only one.
    """
    if work.users.lock_active_admins() == {id}:
        raise LastAdmin


class ManageAccounts:
    """What admins do with the accounts of others."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, users: UserQueries, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._users = users
        self._clock = clock

    def list(
        self, actor: Actor | None, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        """Give one page of the accounts, in the order in which they were made.

        Raises:
            NotSignedIn, NotAllowed: only admins may.
        """
        policy.require(actor, Action.MANAGE_ACCOUNTS)
        return self._users.search(search, after=after, limit=limit)

    def show(self, actor: Actor | None, id: UserId) -> UserView:
        """Give an account.

        Raises:
            NotSignedIn, NotAllowed: only admins may.
            UserNotFound: there is none.
        """
        policy.require(actor, Action.MANAGE_ACCOUNTS)
        user = self._users.get(id)
        if user is None:
            raise UserNotFound(id)
        return user

    def change(
        self, actor: Actor | None, id: UserId, *, role: str | None, is_disabled: bool | None
    ) -> UserView:
        """Change an account's role, or disable or enable it; None leaves it as it is.

        Raises:
            NotSignedIn, NotAllowed: only admins may.
            InvalidValues: there is no such role.
            UserNotFound: there is no such account, or it was erased.
            LastAdmin: nobody could manage the others.
        """
        policy.require(actor, Action.MANAGE_ACCOUNTS)
        wanted = None if role is None else _role(role)
        with self._unit_of_work() as work:
            if is_disabled or wanted not in {None, Role.ADMIN}:
                _keep_an_admin(id, work)
            user = work.users.get_for_update(id)
            if user is None or user.erased_at is not None:
                raise UserNotFound(id)
            if wanted is not None and wanted is not user.role:
                user.role = wanted
                if policy.POLICY[Action.MANAGE_API_KEYS][wanted] is Scope.NONE:
                    work.api_keys.remove_all(id)
                work.audit.record(
                    _done(actor, AuditAction.ACCOUNT_ROLE_CHANGED, self._clock, id, wanted.value)
                )
            if is_disabled is not None and is_disabled is user.is_active:
                if is_disabled:
                    user.disable(self._clock.now())
                    work.sessions.remove_all(id)
                else:
                    user.enable()
                deed = AuditAction.ACCOUNT_DISABLED if is_disabled else AuditAction.ACCOUNT_ENABLED
                work.audit.record(_done(actor, deed, self._clock, id))
            work.users.save(user)
            work.commit()
        return UserView.of(user)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise InvalidValues({"role": "Must be admin, organizer or user."}) from None
