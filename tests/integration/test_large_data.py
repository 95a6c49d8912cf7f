"""Generated data has what the application computes when it writes."""

from sqlalchemy import select

from eventapi.adapters.postgres import PostgresUserQueries, make_engine
from eventapi.adapters.postgres.large_data import generate_large_data
from eventapi.adapters.postgres.tables import users
from eventapi.adapters.postgres.users import user_from_row
from eventapi.application.ports.accounts import UserSearch
from eventapi.application.search import account_text


def test_generated_accounts_are_found(own_url: str) -> None:
    loader = make_engine(own_url, pool_size=1, autocommit=False)
    generate_large_data(loader, events=2, tickets=4, progress=lambda _: None)
    loader.dispose()

    engine = make_engine(own_url, pool_size=1)
    with engine.connect() as connection:
        rows = connection.execute(select(users)).all()
    found = PostgresUserQueries(engine).search(UserSearch(q="Organizer-17-"), after=None, limit=5)
    engine.dispose()

    assert [row.search_text for row in rows] == [account_text(user_from_row(row)) for row in rows]
    assert len(found.items) == 1
