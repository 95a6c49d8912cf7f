"""``eventapi users``: accounts."""

import click

from eventapi.application.accounts import NewAccount
from eventapi.domain.user import Role
from eventapi.entrypoints.cli.support import open_use_cases


@click.group()
def users() -> None:
    """Manage accounts."""


@users.command("create-admin")
@click.argument("username")
@click.option("--email", help="Email address of the admin.")
@click.password_option(
    envvar="EVENTAPI_ADMIN_PASSWORD",
    help="Password; by default EVENTAPI_ADMIN_PASSWORD, or a prompt.",
)
def create_admin(username: str, email: str | None, password: str) -> None:
    """Create an admin called USERNAME, such as the first one of an installation."""
    account = NewAccount(username=username, password=password, role=Role.ADMIN, email=email)
    with open_use_cases() as use_cases:
        user = use_cases.sign_up(None, account).answer
        click.echo(f"Created the admin {user.username} with id {user.id}.")
