"""Accounts: signing up, changing and erasing one's own, and administration."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eventapi.application.idempotency import (
    Accepted,
    KeyedRequest,
    RequestKey,
    accept_once,
    account_owner,
    find_answer,
    guest_owner,
    key_of,
    store_answer,
)
from eventapi.application.ports.accounts import UserQueries, UserSearch
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock, PasswordHasher, PasswordRules, UsernameRules
from eventapi.application.preconditions import Precondition, check_seen, unconditional
from eventapi.application.settings import UseCaseSettings
from eventapi.application.views import Page, UserView
from eventapi.domain import policy
from eventapi.domain.errors import (
    AccountDeleted,
    IdempotencyKeyReused,
    InvalidValues,
    LastAdmin,
    UserNotFound,
)
from eventapi.domain.faults import FAULTY, Faults
from eventapi.domain.policy import Action, Actor, PermissionScope
from eventapi.domain.user import Profile, Role, User
from eventapi.domain.values import LoginSessionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """The data of a sign-up."""

    username: str
    password: str
    role: str = Role.USER
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


_CREATE = {
    Role.ORGANIZER: Action.CREATE_ORGANIZER,
    Role.ADMIN: Action.CREATE_ADMIN,
}


@dataclass(frozen=True, slots=True)
class SignedUp:
    """The part of the answer to a sign-up that is stored: nothing personal.

    The rest of the answer is in the request.
    """

    id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SignUp:
    """Create an account.

    Anyone may sign up as a user. Organizers and admins are created by admins, or by
    anyone while sign-up with their role is open; the command line, whose user has
    access to the database anyway, opens it to create the first ones.
    """

    unit_of_work: UnitOfWorkFactory
    hasher: PasswordHasher
    usernames: UsernameRules
    passwords: PasswordRules
    clock: Clock
    settings: UseCaseSettings

    def __call__(
        self, actor: Actor | None, account: NewAccount, *, request: KeyedRequest | None = None
    ) -> Accepted[UserView]:
        """Create the account.

        Args:
            actor: None for a guest.
            account: its data.
            request: is accepted once; its content is without the password.

        Raises:
            InvalidValues: a name, the password, the email or the role is not acceptable.
            NotSignedIn, NotAllowed: only an admin creates accounts with this role.
            UsernameTaken: the username is taken.
            IdempotencyKeyReused: the key was used for another request.
        """
        faults = Faults()
        role = faults.check(Role.parse, account.role)
        if role is not FAULTY:
            self.check_role(actor, role)
        username = faults.check(self.usernames.parse, account.username)
        faults.check(self.passwords.check, account.password, "password")
        names = {"first_name": account.first_name, "last_name": account.last_name}
        profile = faults.check(Profile().with_changes, {"email": account.email, **names})
        faults.raise_any()
        owner = account_owner(actor.id) if actor else guest_owner(f"sign-up of {username.key}")
        key = key_of(request, owner)

        def attempt() -> Accepted[UserView]:
            accepted = self._find(key, account.password) if key else None
            if accepted is not None:
                view = UserView.new(
                    UserId(accepted.id), username, role, profile, created_at=accepted.created_at
                )
                return Accepted(view, replayed=True)
            # Slow on purpose, so computed before a connection is taken.
            password_hash = self.hasher.hash(account.password)
            with self.unit_of_work(actor) as work:
                user = User.sign_up(
                    id=work.users.next_id(),
                    username=username,
                    password_hash=password_hash,
                    role=role,
                    profile=profile,
                    now=self.clock.now(),
                )
                work.users.add(user)
                store_answer(key, SignedUp(user.id, user.created_at), user.created_at, work)
                work.commit()
            return Accepted(UserView.of(user))

        return accept_once(attempt)

    def check_role(self, actor: Actor | None, role: Role) -> None:
        """Check that an actor may create accounts with a role.

        Raises:
            NotSignedIn, NotAllowed: only an admin may.
        """
        if role not in self.settings.open_sign_up:
            policy.require(actor, _CREATE[role])

    def _find(self, key: RequestKey, password: str) -> SignedUp | None:
        """Return the stored answer to a sign-up, if its account has this password.

        A digest of the password is no part of the stored request: it would be
        easier to guess from than the hash.

        Raises:
            IdempotencyKeyReused: it was another request.
        """
        with self.unit_of_work() as work:
            accepted = find_answer(key, SignedUp, work)
            user = work.users.get(UserId(accepted.answer.id)) if accepted else None
        if accepted is None:
            return None
        if not self.hasher.verify(user.password_hash if user else None, password):
            raise IdempotencyKeyReused(key.key)
        return accepted.answer


@dataclass(frozen=True, slots=True)
class ChangeOwnAccount:
    """Show and change one's own account."""

    unit_of_work: UnitOfWorkFactory
    users: UserQueries
    hasher: PasswordHasher
    passwords: PasswordRules
    clock: Clock

    def get(self, actor: Actor) -> UserView:
        """Return the account.

        Raises:
            AccountDeleted: it no longer exists.
        """
        user = self.users.get(actor.id)
        if user is None:
            raise AccountDeleted
        return user

    def update_profile(
        self,
        actor: Actor,
        changes: Mapping[str, str | None],
        *,
        seen: Precondition[UserView] = unconditional,
    ) -> UserView:
        """Change the email address, first or last name; what is not named stays.

        Raises:
            VersionConflict: the account was changed since the actor saw it.
            InvalidValues: a value is not acceptable.
            AccountDeleted: the account no longer exists.
        """
        policy.require(actor, Action.CHANGE_ACCOUNT)
        with self.unit_of_work(actor) as work:
            user = _own_account(actor, work)
            check_seen(seen, UserView.of(user))
            user.update_profile(user.profile.with_changes(changes), now=self.clock.now())
            work.users.save(user)
            work.commit()
        return UserView.of(user)

    def change_password(
        self, actor: Actor, session: LoginSessionId | None, *, current: str, new: str
    ) -> None:
        """Change the password, and end all other sessions.

        Args:
            actor: the owner of the account.
            session: the session to keep.
            current: the current password.
            new: the new password.

        Raises:
            InvalidValues: the current password is wrong, or the new one is not
                acceptable.
            AccountDeleted: the account no longer exists.
            Overloaded: too many passwords are being checked.
        """
        policy.require(actor, Action.CHANGE_ACCOUNT)
        self.passwords.check(new, "new_password")
        with self.unit_of_work() as work:
            before = work.users.get(actor.id)
        if before is None:
            raise AccountDeleted
        # Slow on purpose, so computed while nothing is locked.
        if not self.hasher.verify(before.password_hash, current):
            raise InvalidValues({"current_password": "Is not your password."})
        password_hash = self.hasher.hash(new)
        with self.unit_of_work(actor) as work:
            user = _own_account(actor, work)
            if user.password_hash != before.password_hash:
                # It was changed in between, so the check above was of an old password.
                raise InvalidValues({"current_password": "Is not your password."})
            user.change_password(password_hash, now=self.clock.now())
            work.users.save(user)
            work.login_sessions.remove_all(user.id, keep=session)
            work.commit()


def _own_account(actor: Actor, work: UnitOfWork) -> User:
    user = work.users.get_for_update(actor.id)
    if user is None or not user.is_active:
        raise AccountDeleted
    return user


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """Erase the personal data of an account.

    The account stays as an id without a name, so that its orders, events and
    audit entries stay complete.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def own(self, actor: Actor, *, seen: Precondition[UserView] = unconditional) -> None:
        """Erase one's own account.

        Raises:
            LastAdmin: it is the last active admin.
            VersionConflict: it was changed since the actor saw it.
        """
        policy.require(actor, Action.CHANGE_ACCOUNT)
        self._erase(actor, actor.id, seen)

    def __call__(
        self, actor: Actor | None, id: UserId, *, seen: Precondition[UserView] = unconditional
    ) -> None:
        """Erase any account, as an admin (idempotent).

        Raises:
            NotSignedIn, NotAllowed: the actor is not an admin.
            UserNotFound: there is no such account.
            LastAdmin: it is the last active admin.
            VersionConflict: it was changed since the actor saw it.
        """
        self._erase(policy.require(actor, Action.MANAGE_ACCOUNTS), id, seen)

    def _erase(self, actor: Actor, id: UserId, seen: Precondition[UserView]) -> None:
        with self.unit_of_work(actor) as work:
            _check_not_last_admin(id, work)
            # From here on nobody buys or writes as this account, and those who began before
            # have finished. Everybody locks accounts before events.
            user = work.users.get_for_erasure(id)
            if user is None:
                raise UserNotFound(id)
            check_seen(seen, UserView.of(user))
            work.events.get_for_update(*work.orders.events_of(id))
            user.erase(self.clock.now())
            work.users.save(user)
            work.orders.forget_buyer(id)
            work.login_sessions.remove_all(id)
            work.api_keys.remove_all(id)
            work.commit()


def _check_not_last_admin(id: UserId, work: UnitOfWork) -> None:
    """Check that another active admin remains without this account.

    Called before the account itself is locked: all active admins are locked first,
    in the order of their ids, so that the last two can't be removed concurrently.

    Raises:
        LastAdmin: it is the only one.
    """
    if work.users.lock_active_admins() == {id}:
        raise LastAdmin


@dataclass(frozen=True, slots=True)
class ManageAccounts:
    """Administer the accounts of others."""

    unit_of_work: UnitOfWorkFactory
    users: UserQueries
    clock: Clock

    def list(
        self, actor: Actor | None, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        """Return a page of the accounts that match a search, oldest first.

        Raises:
            NotSignedIn, NotAllowed: the actor is not an admin.
        """
        policy.require(actor, Action.MANAGE_ACCOUNTS)
        return self.users.search(search, after=after, limit=limit)

    def get(self, actor: Actor | None, id: UserId) -> UserView:
        """Return an account.

        Raises:
            NotSignedIn, NotAllowed: the actor is not an admin.
            UserNotFound: there is no such account.
        """
        policy.require(actor, Action.MANAGE_ACCOUNTS)
        user = self.users.get(id)
        if user is None:
            raise UserNotFound(id)
        return user

    def update(
        self,
        actor: Actor | None,
        id: UserId,
        *,
        role: str | None,
        is_disabled: bool | None,
        seen: Precondition[UserView] = unconditional,
    ) -> UserView:
        """Change the role of an account, or disable or enable it; None changes nothing.

        Raises:
            NotSignedIn, NotAllowed: the actor is not an admin.
            InvalidValues: there is no such role.
            UserNotFound: there is no such account, or it was erased.
            VersionConflict: it was changed since the actor saw it.
            LastAdmin: it is the last active admin.
        """
        policy.require(actor, Action.MANAGE_ACCOUNTS)
        new_role = None if role is None else Role.parse(role)
        now = self.clock.now()
        with self.unit_of_work(actor) as work:
            if is_disabled or new_role not in {None, Role.ADMIN}:
                _check_not_last_admin(id, work)
            user = work.users.get_for_update(id)
            if user is None or user.erased_at is not None:
                raise UserNotFound(id)
            check_seen(seen, UserView.of(user))
            if new_role is not None and user.change_role(new_role, now=now):
                self._revoke_keys_of_role(user, work)
            if is_disabled is False:
                user.enable(now)
            elif is_disabled and user.disable(now):
                work.login_sessions.remove_all(id)
            work.users.save(user)
            work.commit()
        return UserView.of(user)

    def _revoke_keys_of_role(self, user: User, work: UnitOfWork) -> None:
        if policy.POLICY[Action.MANAGE_API_KEYS][user.role] is PermissionScope.NONE:
            work.api_keys.remove_all(user.id)
