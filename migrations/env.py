"""Run migrations on the connection that eventapi.adapters.postgres.migrations passes."""

from alembic import context

from eventapi.adapters.postgres.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
