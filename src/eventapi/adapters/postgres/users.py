"""Accounts on PostgreSQL."""

from sqlalchemy import Select, Sequence, bindparam, false, func, select

from eventapi.adapters.postgres.reader import Reader, page_of
from eventapi.adapters.postgres.repository import Repository, Row, attributes, shared_names
from eventapi.adapters.postgres.tables import users
from eventapi.adapters.postgres.view_columns import columns_of
from eventapi.application.ports.accounts import UserSearch
from eventapi.application.search import account_text, search_term
from eventapi.application.views import Page, UserView
from eventapi.domain.user import Profile, Role, User
from eventapi.domain.values import EmailAddress, UserId, Username

USER_IDS = Sequence("users_id_seq")
VIEWS = select(*columns_of(UserView, users, is_disabled=users.c.disabled_at.is_not(None)))
VIEW_BY_ID = VIEWS.where(users.c.id == bindparam("id"))
BY_ID = select(users).where(users.c.id == bindparam("id"))
BY_NAME = select(users).where(users.c.username_key == bindparam("key"))
ADMINS = select(users.c.id, users.c.disabled_at).where(users.c.role == Role.ADMIN.value)

USER_NAMES = shared_names(User, users, converted=["username", "role"])
PROFILE_NAMES = shared_names(Profile, users, converted=["email"])


def user_from_row(row: Row) -> User:
    """Return the account of a row."""
    return User(
        **attributes(row, USER_NAMES),
        username=Username(row.username),
        role=Role(row.role),
        profile=Profile(
            **attributes(row, PROFILE_NAMES),
            email=None if row.email is None else EmailAddress(row.email),
        ),
    )


def user_to_row(user: User) -> dict[str, object]:
    """Return the row of an account."""
    profile = user.profile
    return {
        **attributes(user, USER_NAMES),
        "username": user.username.value,
        "username_key": user.username.key,
        "role": user.role.value,
        **attributes(profile, PROFILE_NAMES),
        "email": profile.email.value if profile.email else None,
        "search_text": account_text(user),
    }


class PostgresUsers(Repository):
    """Accounts, as aggregates."""

    def next_id(self) -> UserId:
        return UserId(self._next_id(USER_IDS))

    def add(self, user: User) -> None:
        self._collect(user)
        self._staged.users.append(user)

    def by_username(self, username: Username) -> User | None:
        return self._load(BY_NAME, key=username.key)

    def get(self, id: UserId) -> User | None:
        return self._load(BY_ID, id=id)

    def get_for_update(self, id: UserId) -> User | None:
        # FOR NO KEY UPDATE: see sql/lock_events.sql.
        return self._load(BY_ID.with_for_update(key_share=True), id=id)

    def get_for_erasure(self, id: UserId) -> User | None:
        # FOR UPDATE also blocks inserts of rows that refer to the account.
        return self._load(BY_ID.with_for_update(), id=id)

    def lock_active_admins(self) -> set[UserId]:
        query = ADMINS.order_by(users.c.id).with_for_update(key_share=True)
        return {UserId(row.id) for row in self._rows(query) if row.disabled_at is None}

    def save(self, user: User) -> None:
        self._collect(user)
        self._stage(lambda: self._update(users, user_to_row(user)))

    def _load(self, query: Select[tuple[object, ...]], **values: object) -> User | None:
        row = self._row(query, values)
        return None if row is None else user_from_row(row)


class PostgresUserQueries(Reader):
    """Queries of accounts."""

    def get(self, id: UserId) -> UserView | None:
        return self.view(UserView, VIEW_BY_ID, {"id": id})

    def search(
        self, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        query = VIEWS.order_by(users.c.id).limit(limit + 1)
        if after is not None:
            query = query.where(users.c.id > after)
        if search.q is not None:
            term = search_term(search.q)
            found = func.strpos(users.c.search_text, term) > 0 if term else false()
            query = query.where(found)
        if search.role is not None:
            query = query.where(users.c.role == search.role.value)
        if search.is_disabled is not None:
            query = query.where(users.c.disabled_at.is_not(None) == search.is_disabled)
        return page_of(self.views(UserView, query), limit, lambda user: UserId(user.id))
