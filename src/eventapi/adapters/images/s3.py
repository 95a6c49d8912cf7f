"""Images in a bucket of S3, or of what speaks its protocol: MinIO, R2, Ceph."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from eventapi.application.ports.storage import StorageUnavailable

TIMEOUT = 5  # seconds, to connect and for each read


class S3ImageStore:
    """Keeps each image as an object."""

    def __init__(self, bucket: str, *, endpoint: str | None = None) -> None:
        """Make one.

        Args:
            bucket: which must be there.
            endpoint: the URL of the service; None for Amazon's own. Keys and
                region come from where boto3 looks for them: AWS_ACCESS_KEY_ID,
                AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, or the machine's role.
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
        """Store an image."""
        with _failures():
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType=media_type
            )

    def get(self, key: str) -> bytes | None:
        """Give the image of a key."""
        with _failures():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except self._client.exceptions.NoSuchKey:
                return None
            content: bytes = answer["Body"].read()
            return content

    def delete(self, key: str) -> None:
        """Forget the image of a key."""
        with _failures():
            self._client.delete_object(Bucket=self._bucket, Key=key)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StorageUnavailable(f"images: {error}") from error
