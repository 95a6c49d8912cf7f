"""The image stores in a directory and in S3, by the contract and in failures."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from moto.moto_server import werkzeug_app
from werkzeug.serving import make_server

from eventapi.adapters.images import FolderImageStore
from eventapi.adapters.images.s3 import S3ImageStore
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.storage import StorageUnavailable
from eventapi.entrypoints.bootstrap import postgres_use_cases
from eventapi.entrypoints.settings import Settings
from eventapi.testing import ManualClock
from eventapi.testing.api import Api
from tests.api import event_path, make_event, picture
from tests.builders import NOW
from tests.contracts.images import ImageStoreContract
from tests.integration.served import free_port


class TestFolderImages(ImageStoreContract):
    @pytest.fixture
    def images(self, tmp_path: Path) -> ImageStore:
        return FolderImageStore(tmp_path / "images")

    def test_nothing_else_is_left_in_the_folder(self, tmp_path: Path) -> None:
        images = FolderImageStore(tmp_path)

        images.put("events/1/a.png", b"a", "image/png")

        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.png"]

    @pytest.mark.parametrize("key", ["../a.png", "events/../../a.png", "/etc/passwd"])
    def test_no_key_leads_out_of_the_folder(self, tmp_path: Path, key: str) -> None:
        images = FolderImageStore(tmp_path / "images")

        with pytest.raises(ValueError, match="out of the folder"):
            images.put(key, b"", "image/png")
        with pytest.raises(ValueError, match="out of the folder"):
            images.get(key)

    def test_a_folder_that_can_not_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "images").write_text("a file, not a folder")

        with pytest.raises(StorageUnavailable):
            FolderImageStore(tmp_path / "images").put("events/1/a.png", b"a", "image/png")


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """The URL of an S3-compatible server."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            patch.setenv(name, value)
        port = free_port()
        dispatcher: Any = werkzeug_app.DomainDispatcherApplication
        application = dispatcher(werkzeug_app.create_backend_app)
        server = make_server("127.0.0.1", port, application, threaded=True)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def bucket(s3_endpoint: str) -> Iterator[str]:
    client = boto3.client("s3", endpoint_url=s3_endpoint)
    client.create_bucket(Bucket="pictures")
    yield "pictures"
    for entry in client.list_objects_v2(Bucket="pictures").get("Contents", []):
        client.delete_object(Bucket="pictures", Key=entry["Key"])
    client.delete_bucket(Bucket="pictures")
    client.close()


class TestS3Images(ImageStoreContract):
    @pytest.fixture
    def images(self, s3_endpoint: str, bucket: str) -> ImageStore:
        return S3ImageStore(bucket, endpoint=s3_endpoint)

    def test_an_object_knows_what_kind_of_image_it_is(self, s3_endpoint: str, bucket: str) -> None:
        S3ImageStore(bucket, endpoint=s3_endpoint).put("a.webp", b"a", "image/webp")

        head = boto3.client("s3", endpoint_url=s3_endpoint).head_object(Bucket=bucket, Key="a.webp")
        assert head["ContentType"] == "image/webp"

    def test_a_service_that_is_away_is_told(self, s3_endpoint: str) -> None:
        del s3_endpoint
        away = S3ImageStore("pictures", endpoint=f"http://127.0.0.1:{free_port()}")

        with pytest.raises(StorageUnavailable):
            away.get("a.png")

    def test_a_bucket_that_is_not_there_is_told(self, s3_endpoint: str) -> None:
        with pytest.raises(StorageUnavailable):
            S3ImageStore("nowhere", endpoint=s3_endpoint).put("a.png", b"a", "image/png")


def test_the_api_keeps_its_pictures_where_it_is_told_to(
    s3_endpoint: str, bucket: str, database_url: str
) -> None:
    clock = ManualClock(NOW)
    settings = Settings(database_url=database_url, image_bucket=bucket, s3_endpoint=s3_endpoint)
    api = Api(postgres_use_cases(settings, clock=clock), clock)
    olga = api.sign_in("organizer")
    event = make_event(olga)

    put = olga.put(event_path(event, "image"), data=picture(), content_type="image/png")

    assert api.guest().get(put.get_json()["image_url"]).data == picture()
    stored = boto3.client("s3", endpoint_url=s3_endpoint).list_objects_v2(Bucket=bucket)
    assert [entry["Key"].startswith("events/") for entry in stored["Contents"]] == [True]
    olga.delete(event_path(event, "image"))
    stored = boto3.client("s3", endpoint_url=s3_endpoint).list_objects_v2(Bucket=bucket)
    assert "Contents" not in stored
