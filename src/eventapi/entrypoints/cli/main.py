"""``eventapi``: serve the API, and look after its database and accounts."""

import sys

import click
import orjson

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.data import data
from eventapi.entrypoints.cli.database import db
from eventapi.entrypoints.cli.imports import imports, load_sample_data
from eventapi.entrypoints.cli.serve import serve
from eventapi.entrypoints.cli.users import users
from eventapi.entrypoints.logs import configure_logs
from eventapi.entrypoints.settings import Settings

SETTINGS_HELP = """\b
Settings come from the environment:
  EVENTAPI_PROFILE                 development (default) or production
  DATABASE_URL                     postgresql://user:password@host:port/name;
                                   without it an embedded PostgreSQL is used
  EVENTAPI_DATA_DIR                where the embedded database lies (var)
  EVENTAPI_SECRET_KEY              signs tokens; production needs one
  EVENTAPI_OLD_SECRET_KEYS         what they signed is good too; with commas
  EVENTAPI_HOST, EVENTAPI_PORT     where to listen (127.0.0.1, 8000)
  EVENTAPI_WORKERS                 processes (one for each core)
  EVENTAPI_THREADS                 threads of each process (16)
  EVENTAPI_CONNECTIONS             of each process to the database (4)
  EVENTAPI_ORDER_LIMIT             tickets that one order may hold (10)
  EVENTAPI_OPEN_ADMIN_SIGN_UP lets anyone register an admin
                                   (true in development, never in production)
  EVENTAPI_ALLOW_EMBEDDED_DATABASE lets production use the embedded database
  EVENTAPI_ACCESS_TOKEN_LIFETIME   for example 900 (seconds) or 15m
  EVENTAPI_REFRESH_TOKEN_LIFETIME  for example 30d
  EVENTAPI_MAX_BODY_SIZE           of a request, in bytes (1048576)
  EVENTAPI_MAX_IMAGE_SIZE          of an event's picture, in bytes (5242880)
  EVENTAPI_IMAGE_BUCKET            of S3, where pictures are kept; without it,
                                   they lie in EVENTAPI_DATA_DIR. Needs
                                   pip install 'eventapi[s3]'
  EVENTAPI_S3_ENDPOINT             where S3's protocol is spoken, if not at
                                   Amazon's; keys come from AWS_ACCESS_KEY_ID,
                                   AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION
  EVENTAPI_RATE_LIMIT              requests of a caller (3000 per minute); like
                                   the next two, empty for no limit
  EVENTAPI_LOGIN_LIMIT             failed logins of an account (10 per 5 minutes)
  EVENTAPI_ADDRESS_LIMIT           logins and registrations from a network
                                   address (60 per minute)
  EVENTAPI_REDIS_URL               redis://host:port/0, where many processes
                                   count together. Needs
                                   pip install 'eventapi[redis]'
  EVENTAPI_CORS_ORIGINS            web pages that may call the API, as
                                   https://shop.example; with commas
  EVENTAPI_TRUSTED_PROXIES         how many stand before the program (0)
"""


@click.group(epilog=SETTINGS_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eventapi")
def main() -> None:
    """EventAPI, a headless ticketing engine."""
    configure_logs(json=False)


@main.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    app = bootstrap.memory_app(bootstrap.with_secret_key(Settings(), keep=False))
    document = app.test_client().get("/api/openapi.json").get_json()
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(document, option=options).decode())


for command in (serve, db, users, data, imports, load_sample_data):
    main.add_command(command)
