"""The benchmark of PostgreSQL alone runs the statements of the program."""

from benchmarks.pgbench import sale_script


def test_pgbench_is_given_every_value_that_a_sale_binds() -> None:
    script = sale_script(1, 2, 3, 4)

    assert script.index("FOR NO KEY UPDATE") < script.index("INSERT INTO orders")
    assert script.endswith("COMMIT;")
