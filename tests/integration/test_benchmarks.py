"""The benchmark of PostgreSQL alone runs the statements of the program."""

import pytest
from benchmarks.pgbench import SALE_VALUES, sale_script
from sqlalchemy import Table

from eventapi.adapters.postgres.tables import orders, tickets


def test_pgbench_is_given_every_value_that_a_sale_binds() -> None:
    script = sale_script(1, 2, 3, 4)

    assert script.index("FOR NO KEY UPDATE") < script.index("INSERT INTO orders")
    assert script.endswith("COMMIT;")


@pytest.mark.parametrize("table", [orders, tickets], ids=["orders", "tickets"])
def test_pgbench_sends_every_column_that_a_sale_needs(table: Table) -> None:
    # The rows of a statement come from JSON: a column's default is not used.
    sent = SALE_VALUES[table.name]
    needed = [column.name for column in table.c if not column.nullable]

    assert [name for name in needed if f"'{name}'" not in sent] == []
