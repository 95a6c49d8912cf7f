"""Backups: what is restored in a new database is what was saved, images included."""

import tarfile
from dataclasses import replace
from functools import partial
from io import BytesIO, UnsupportedOperation
from pathlib import Path
from typing import IO, Any

import pytest
from click import Command
from click.testing import CliRunner, Result
from sqlalchemy import MetaData, select, text

from eventapi.adapters.images import MemoryImageStore
from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.backup import BackupError, DatabaseBackup, find_programs
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.backups import (
    BackupContents,
    create_file,
    restore_backup,
    write_backup,
)
from eventapi.entrypoints.cli import backup as commands
from eventapi.entrypoints.settings import Settings
from eventapi.testing import ManualClock
from eventapi.testing.api import Api
from tests.api import buy, event_path, make_event, picture
from tests.builders import NOW
from tests.conformance import watched_app
from tests.integration.databases import server_connection

pytestmark = pytest.mark.slow

NOTHING: dict[str, list[Any]] = {"sequences": []}


def api_of(settings: Settings) -> Api:
    clock, hasher = ManualClock(NOW), Argon2PasswordHasher.cheap()
    use_cases = bootstrap.postgres_use_cases(settings, clock=clock, hasher=hasher)
    return Api(use_cases, clock, app=watched_app())


@pytest.fixture(scope="module")
def before(own_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation where tickets were sold and an image was uploaded."""
    folder = tmp_path_factory.mktemp("before")
    settings = Settings(database_url=own_url, data_dir=folder, secret_key="t" * 64)
    api = api_of(settings)
    olga, bob = api.sign_in("organizer", username="olga"), api.sign_in("user", username="bob")
    event = make_event(olga, name="Jazz in München \\x 'quoted'", description="a\tb\nc;")
    assert buy(bob, event["id"], 2).status_code == 201
    olga.put(event_path(event, "image"), data=picture(), content_type="image/png")
    return settings


@pytest.fixture(scope="module")
def file(before: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the installation."""
    return save(before, tmp_path_factory.mktemp("backups") / "backup.tar")


@pytest.fixture(scope="module")
def file_with_key(before: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the installation, if it had a generated secret key."""
    folder = tmp_path_factory.mktemp("generated")
    generated = replace(before, secret_key=None, data_dir=folder)
    (folder / "images").symlink_to(before.data_dir / "images")
    bootstrap.provide_secret_key(generated)
    return save(generated, folder / "backup.tar")


@pytest.fixture
def after(empty_url: str, tmp_path: Path) -> Settings:
    """A new installation."""
    return Settings(database_url=empty_url, data_dir=tmp_path / "after")


def save(settings: Settings, file: Path) -> Path:
    with file.open("xb") as output:
        write_backup(settings, output)
    return file


def restore(settings: Settings, file: Path) -> BackupContents:
    with file.open("rb") as source:
        return restore_backup(settings, source)


def run(command: Command, file: object, settings: Settings, input: bytes = b"") -> Result:
    variables = {
        "DATABASE_URL": str(settings.database_url),
        "EVENTAPI_DATA_DIR": str(settings.data_dir),
    }
    return CliRunner().invoke(command, [str(file)], env=variables, input=input)


def rows(settings: Settings) -> dict[str, list[Any]]:
    """Return the contents of all tables, and the state of all sequences."""
    engine = make_engine(str(settings.database_url), pool_size=1)
    with engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        found = {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in tables.sorted_tables
        }
        sequences = text("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        found["sequences"] = [*connection.execute(sequences)]
    engine.dispose()
    return found


def create_sequence(settings: Settings) -> None:
    """Create what makes restoring the database fail, though it has no tables."""
    engine = make_engine(str(settings.database_url), pool_size=1)
    with engine.connect() as connection:
        connection.execute(text("CREATE SEQUENCE users_id_seq"))
    engine.dispose()


def stored_files(settings: Settings) -> dict[str, bytes]:
    """Return the content of all files of the data directory."""
    folder = settings.data_dir
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def images(settings: Settings) -> dict[str, bytes]:
    return {
        name: content
        for name, content in stored_files(settings).items()
        if name.startswith("images/")
    }


def test_what_was_saved_comes_back_in_a_new_installation(
    before: Settings, after: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"

    saved = run(commands.backup, file, before)
    restored = run(commands.restore, file, after)

    assert (saved.exit_code, restored.exit_code) == (0, 0), saved.output + restored.output
    assert saved.stderr.endswith(" and 1 image.\n")
    assert restored.stderr == saved.stderr.replace("Saved", "Restored")
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after", "backup.tar"]
    assert rows(after) == rows(before)
    assert len(rows(after)["tickets"]) == 2
    assert images(after) == images(before) != {}
    api = api_of(after)
    (event,) = api.guest().get("/api/events").get_json()["items"]
    assert api.guest().get(event["image_url"]).data == picture()
    # New rows get new numbers, and the constraints and triggers are back.
    assert buy(api.sign_in("user", username="ann"), event["id"]).status_code == 201


def test_a_backup_goes_through_pipes(before: Settings, after: Settings) -> None:
    saved = run(commands.backup, "-", before)

    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, offset: int, whence: int = 0) -> int:
            raise UnsupportedOperation(f"{offset}, {whence}")

    restore_backup(after, Pipe(saved.stdout_bytes))

    assert rows(after) == rows(before)
    assert images(after) == images(before)


def test_a_generated_key_is_saved_too(file_with_key: Path, after: Settings) -> None:
    """Without it, guests could no longer see their orders."""
    restore(after, file_with_key)

    key_file = after.data_dir / "secret-key"
    assert key_file.read_bytes() == (file_with_key.parent / "secret-key").read_bytes()
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert bootstrap.provide_secret_key(after).secret_key == key_file.read_text()


@pytest.mark.parametrize("share", [0, 1])
def test_a_key_that_is_there_becomes_private(
    file_with_key: Path, after: Settings, share: int
) -> None:
    key = (file_with_key.parent / "secret-key").read_bytes()
    after.data_dir.mkdir()
    key_file = after.data_dir / "secret-key"
    key_file.write_bytes(key * share)
    key_file.chmod(0o644)

    restore(after, file_with_key)

    assert key_file.read_bytes() == key
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_a_key_of_the_environment_is_not_saved(file: Path) -> None:
    with tarfile.open(file) as archive:
        names = [name for name in archive.getnames() if not name.startswith("images/")]

    assert sorted(names) == ["backup.json", "database.dump"]


def test_images_can_move_to_a_bucket_and_those_in_a_bucket_stay_there(
    file: Path, after: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket: dict[str, tuple[bytes, str]] = {}

    class Bucket(MemoryImageStore):
        def put(self, key: str, content: bytes, media_type: str) -> None:
            bucket[key] = content, media_type

    monkeypatch.setattr(bootstrap, "image_store", lambda _: Bucket())
    in_bucket = replace(after, image_bucket="pictures")

    assert restore(in_bucket, file).images == 1
    assert list(bucket.values()) == [(picture(), "image/png")]
    with (tmp_path / "bucket.tar").open("wb") as output:
        assert write_backup(in_bucket, output).images is None


class TestRefusals:
    def test_nothing_is_replaced(self, file: Path, before: Settings) -> None:
        unchanged = rows(before)

        again = run(commands.backup, file, before)
        over = run(commands.restore, file, before)

        assert again.stderr == f"eventapi: {file} already exists\n"
        assert over.stderr.startswith("eventapi: the database is not empty")
        assert again.exit_code == over.exit_code == 1
        assert rows(before) == unchanged

    def test_a_file_that_appears_during_a_backup_is_not_replaced(self, tmp_path: Path) -> None:
        file = tmp_path / "backup.tar"

        with pytest.raises(BackupError, match="already exists"), create_file(file) as output:
            output.write(b"a backup")
            file.write_bytes(b"a file of another program")

        assert file.read_bytes() == b"a file of another program"
        assert [*tmp_path.iterdir()] == [file]

    def test_two_backups_are_not_mixed_in_one_file(self, before: Settings, tmp_path: Path) -> None:
        file = tmp_path / "backup.tar"
        with create_file(file) as output:
            output.write(b"the first backup")
            output.flush()
            second = run(commands.backup, file, before)

        assert second.exit_code == 1
        assert second.stderr == (
            f"eventapi: {file}.partial already exists: another backup is being written to it, or "
            "was interrupted; delete it if no backup is running\n"
        )
        assert file.read_bytes() == b"the first backup"
        assert file.stat().st_mode & 0o777 == 0o600
        assert [*tmp_path.iterdir()] == [file]

    def test_a_database_of_another_version_is_not_empty(self, file: Path, after: Settings) -> None:
        with server_connection(str(after.database_url)) as connection:
            connection.execute(text("CREATE TABLE alembic_version (version_num text)"))

        over = run(commands.restore, file, after)

        assert over.stderr.startswith("eventapi: the database is not empty")

    @pytest.mark.parametrize("share", [0, 0.5, 0.999])
    def test_an_incomplete_file_restores_nothing(
        self, file: Path, after: Settings, tmp_path: Path, share: float
    ) -> None:
        content = file.read_bytes().rstrip(b"\0")
        cut = tmp_path / "cut.tar"
        cut.write_bytes(content[: int(len(content) * share)])

        with pytest.raises(BackupError, match="not a complete backup"):
            restore(after, cut)

        assert rows(after) == NOTHING
        assert stored_files(after) == {}

    def test_a_file_that_is_cut_between_two_members_restores_nothing(
        self, file_with_key: Path, after: Settings, tmp_path: Path
    ) -> None:
        cut = tmp_path / "cut.tar"
        with tarfile.open(file_with_key) as archive:
            starts = {member.name: member.offset for member in archive}
        assert len(starts) == 4
        assert [*starts][-1] == "backup.json"

        for start in starts.values():
            cut.write_bytes(file_with_key.read_bytes()[:start])
            with pytest.raises(BackupError, match="not a complete backup"):
                restore(after, cut)

        assert rows(after) == NOTHING
        assert stored_files(after) == {}

    def test_a_backup_without_one_of_its_members_restores_nothing(
        self, file_with_key: Path, after: Settings, tmp_path: Path
    ) -> None:
        with tarfile.open(file_with_key) as archive:
            names = archive.getnames()
        for left_out in names:
            copy = tmp_path / "copy.tar"
            with tarfile.open(file_with_key) as archive, tarfile.open(copy, "w") as rest:
                for member in archive:
                    if member.name != left_out:
                        rest.addfile(member, archive.extractfile(member))
            with pytest.raises(BackupError, match=f"its member {left_out} is missing"):
                restore(after, copy)

        assert rows(after) == NOTHING
        assert stored_files(after) == {}

    def test_a_damaged_member_restores_nothing(
        self, file_with_key: Path, after: Settings, tmp_path: Path
    ) -> None:
        content = bytearray(file_with_key.read_bytes())
        with tarfile.open(file_with_key) as archive:
            image = next(member for member in archive if member.name.startswith("images/"))
        content[image.offset_data + image.size // 2] ^= 1
        damaged = tmp_path / "damaged.tar"
        damaged.write_bytes(content)

        with pytest.raises(BackupError, match=f"its member {image.name} is damaged"):
            restore(after, damaged)

        assert rows(after) == NOTHING
        assert stored_files(after) == {}

    def test_another_secret_key_is_not_replaced(self, file_with_key: Path, after: Settings) -> None:
        after.data_dir.mkdir()
        key_file = after.data_dir / "secret-key"
        key_file.write_bytes(b"k" * 64)

        result = run(commands.restore, file_with_key, after)

        assert result.exit_code == 1
        assert result.stderr == (
            f"eventapi: {key_file} is another secret key than that of the backup, and a backup "
            "replaces nothing: move that file away, or choose a new EVENTAPI_DATA_DIR\n"
        )
        assert rows(after) == NOTHING
        assert stored_files(after) == {"secret-key": b"k" * 64}

    def test_another_image_is_not_replaced(
        self, file_with_key: Path, before: Settings, after: Settings
    ) -> None:
        (name,) = images(before)
        image = after.data_dir / name
        image.parent.mkdir(parents=True)
        image.write_bytes(b"another image")

        with pytest.raises(BackupError, match="exists with another content"):
            restore(after, file_with_key)

        assert rows(after) == NOTHING
        assert stored_files(after) == {name: b"another image"}

    def test_what_is_no_backup_is_told(self, after: Settings, tmp_path: Path) -> None:
        other = tmp_path / "other.tar"
        with tarfile.open(other, "w") as archive:
            archive.addfile(tarfile.TarInfo("backup.json"))

        result = run(commands.restore, other, after)

        assert result.exit_code == 1
        assert result.stderr.startswith("eventapi: this is not a complete backup: ")

    @pytest.mark.parametrize("share", [0.1, 0.99])
    def test_a_damaged_database_is_restored_in_no_part(
        self, before: Settings, after: Settings, tmp_path: Path, share: float
    ) -> None:
        dump = tmp_path / "database.dump"
        connect = partial(make_engine, pool_size=1)
        major = DatabaseBackup(connect(str(before.database_url))).dump(dump)
        content = dump.read_bytes()
        dump.write_bytes(content[: int(len(content) * share)])

        with pytest.raises(BackupError, match="pg_restore: error"):
            DatabaseBackup(connect(str(after.database_url))).restore(dump, pg_dump_major=major)

        assert rows(after) == NOTHING

    def test_an_interrupted_restore_of_the_database_leaves_nothing(
        self, before: Settings, after: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def copy_some(statements: IO[bytes], psql: IO[bytes]) -> None:
            del statements
            psql.write(b"CREATE SEQUENCE first_statement;\n")
            raise KeyboardInterrupt

        dump = tmp_path / "database.dump"
        connect = partial(make_engine, pool_size=1)
        major = DatabaseBackup(connect(str(before.database_url))).dump(dump)
        database = DatabaseBackup(connect(str(after.database_url)))
        monkeypatch.setattr(database, "_copy", copy_some)

        with pytest.raises(KeyboardInterrupt):
            database.restore(dump, pg_dump_major=major)

        assert rows(after) == NOTHING

    def test_what_the_database_refuses_is_told_and_leaves_nothing(
        self, file_with_key: Path, after: Settings
    ) -> None:
        create_sequence(after)

        with pytest.raises(BackupError, match='"users_id_seq" already exists'):
            restore(after, file_with_key)

        assert rows(after) == {"sequences": [("users_id_seq", None)]}
        assert stored_files(after) == {}

    def test_what_was_there_outlives_a_failure(
        self, file_with_key: Path, before: Settings, after: Settings
    ) -> None:
        create_sequence(after)
        present = images(before) | {
            "secret-key": file_with_key.with_name("secret-key").read_bytes()
        }
        for name, content in present.items():
            (after.data_dir / name).parent.mkdir(parents=True, exist_ok=True)
            (after.data_dir / name).write_bytes(content)

        with pytest.raises(BackupError, match='"users_id_seq" already exists'):
            restore(after, file_with_key)

        assert stored_files(after) == present

    def test_an_empty_database_is_no_backup(self, after: Settings, tmp_path: Path) -> None:
        result = run(commands.backup, tmp_path / "backup.tar", after)

        assert result.stderr == "eventapi: there is nothing to save: the database has no tables\n"
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_can_not_be_written_is_told(self, before: Settings) -> None:
        result = run(commands.backup, "/nowhere/backup.tar", before)

        assert result.stderr == (
            "eventapi: /nowhere/backup.tar can't be written: No such file or directory\n"
        )

    def test_old_servers_are_not_sent_what_they_do_not_know(self, after: Settings) -> None:
        statements = b"SET lock_timeout = 0;\nSET transaction_timeout = 0;\nCREATE TABLE a ();\n"
        database = DatabaseBackup(make_engine(str(after.database_url), pool_size=1))
        sent = {}
        for database._server_major in (16, 17):
            output = BytesIO()
            database._copy(BytesIO(statements), output)
            sent[database._server_major] = output.getvalue()

        assert sent == {
            16: statements.replace(b"SET transaction_timeout = 0;\n", b""),
            17: statements,
        }

    def test_programs_that_are_too_old_are_not_used(self) -> None:
        with pytest.raises(BackupError, match="pg_dump of PostgreSQL 99 or newer is required"):
            find_programs("pg_dump", 99)
