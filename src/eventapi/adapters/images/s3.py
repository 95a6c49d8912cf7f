"""Images in a bucket of S3 or an S3-compatible service, such as MinIO, R2 or Ceph."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from eventapi.application.ports.storage import StorageUnavailable

TIMEOUT = 5  # seconds, to connect and for each read


class S3ImageStore:
    """Stores each image as an object."""

    def __init__(self, bucket: str, *, endpoint: str | None = None) -> None:
        """Create the store.

        Credentials and region are found by boto3: in AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION, or from the machine's role.

        Args:
            bucket: an existing bucket.
            endpoint: the URL of the service; None for Amazon's.
        """
        self._bucket = bucket
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            config=Config(
                connect_timeout=TIMEOUT, read_timeout=TIMEOUT, retries={"max_attempts": 2}
            ),
        )

    def put(self, key: str, content: bytes, media_type: str) -> None:
        with _storage_errors():
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType=media_type
            )

    def get(self, key: str) -> bytes | None:
        with _storage_errors():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except self._client.exceptions.NoSuchKey:
                return None
            content: bytes = answer["Body"].read()
            return content

    def delete(self, key: str) -> None:
        with _storage_errors():
            self._client.delete_object(Bucket=self._bucket, Key=key)


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StorageUnavailable(f"images: {error}") from error
