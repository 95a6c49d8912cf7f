"""``eventapi backup`` and ``eventapi restore``."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

import click

from eventapi.entrypoints.backups import (
    BackupContents,
    create_file,
    restore_backup,
    write_backup,
)
from eventapi.entrypoints.cli.support import open_database

STANDARD_STREAM = "-"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
def backup(file: str) -> None:
    """Save the database and the images in FILE, a tar archive; `-` is standard output.

    The program may be running: the backup shows one point in time. Images in S3
    are not part of it. A key from EVENTAPI_SECRET_KEY is not part of it either;
    keep it in another place.
    """
    with open_database() as settings, _output(file) as output:
        contents = write_backup(settings, output)
    click.echo(f"Saved {_describe(contents)}.", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
def restore(file: str) -> None:
    """Restore FILE, written by `eventapi backup`, in an empty database; `-` is standard input.

    All of the backup is restored or nothing. Nothing is replaced, neither a database
    nor a secret key: create a new database, or, if EventAPI starts its own, choose a
    new EVENTAPI_DATA_DIR.
    """
    with open_database() as settings, click.open_file(file, "rb") as source:
        contents = restore_backup(settings, source)
    click.echo(f"Restored {_describe(contents)}.", err=True)


def _output(name: str) -> AbstractContextManager[IO[bytes]]:
    if name == STANDARD_STREAM:
        return nullcontext(sys.stdout.buffer)
    return create_file(Path(name))


def _describe(contents: BackupContents) -> str:
    images = "without images, which are in S3"
    if contents.images is not None:
        images = f"and {contents.images} image{'' if contents.images == 1 else 's'}"
    return f"the database at revision {contents.revision} {images}"
