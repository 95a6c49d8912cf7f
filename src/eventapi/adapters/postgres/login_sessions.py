"""Login sessions on PostgreSQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from eventapi.adapters.postgres.repository import Repository, attributes, shared_names
from eventapi.adapters.postgres.tables import login_sessions
from eventapi.domain.login_session import LoginSession
from eventapi.domain.values import LoginSessionId, UserId

LOCKED_BY_ID = (
    select(login_sessions).where(login_sessions.c.id == bindparam("id")).with_for_update()
)
NAMES = shared_names(LoginSession, login_sessions)


class PostgresLoginSessions(Repository):
    """Login sessions that have not ended."""

    def add(self, session: LoginSession) -> None:
        self._collect(session)
        self._stage(lambda: self._insert(login_sessions, attributes(session, NAMES)))

    def get_for_update(self, id: LoginSessionId) -> LoginSession | None:
        row = self._row(LOCKED_BY_ID, {"id": id})
        return None if row is None else LoginSession(**attributes(row, NAMES))

    def save(self, session: LoginSession) -> None:
        self._collect(session)
        self._stage(lambda: self._update(login_sessions, attributes(session, NAMES)))

    def remove(self, session: LoginSession) -> None:
        self._collect(session)
        self._stage_delete(login_sessions, session.id)

    def remove_all(self, user: UserId, *, keep: LoginSessionId | None = None) -> None:
        statement = delete(login_sessions).where(login_sessions.c.user_id == user)
        if keep is not None:
            statement = statement.where(login_sessions.c.id != keep)
        self._stage_statement(statement)

    def remove_expired(self, user: UserId, now: datetime) -> None:
        columns = login_sessions.c
        self._stage_statement(
            delete(login_sessions).where(columns.user_id == user, columns.expires_at <= now)
        )
