"""The objects of a state bucket: states with their versions, and Terraform's lock files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors, error_code
from paybot_ops.errors import AwsError

_ABSENT = {"NoSuchKey", "NoSuchVersion", "404"}
# What S3 answers when the object is no longer, or not yet, what a conditional write says that it replaces.
_CONFLICT = {"PreconditionFailed", "ConditionalRequestConflict"}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object, with its bytes."""

    content: bytes = field(repr=False)
    version_id: str
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version in an object's history; a deletion is a version too."""

    version_id: str
    modified: datetime
    size: int
    is_latest: bool
    is_deletion: bool


@dataclass
class StateObjects:
    """One bucket. Every call names the account that must own it, so that a bucket of that name elsewhere is refused."""

    session: Session
    bucket: str
    owner: str

    def find(self, key: str, version_id: str = "") -> StoredObject | None:
        """An object, or one version of it; None when there is none, and for a deletion."""
        asked = {"VersionId": version_id} if version_id else {}
        with self._errors(key, version_id), _absence() as found:
            answer = self._client.get_object(Key=key, **self._bucket, **asked)
            found.append(
                StoredObject(
                    content=answer["Body"].read(),
                    version_id=answer.get("VersionId", ""),
                    etag=answer["ETag"],
                    modified=answer["LastModified"],
                )
            )
        return found[0] if found else None

    def head(self, key: str, version_id: str, count: int) -> bytes:
        """The first bytes of one version."""
        with self._errors(key, version_id):
            answer = self._client.get_object(
                Key=key, VersionId=version_id, Range=f"bytes=0-{count - 1}", **self._bucket
            )
            content: bytes = answer["Body"].read()
        return content

    def put(self, key: str, content: bytes, *, replaces: str = "", encryption: dict[str, str] | None = None) -> bool:
        """Write an object in place of the version with that ETag, or of nothing; False when something else is there."""
        from botocore.exceptions import ClientError

        condition = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
        with self._errors(key):
            try:
                self._client.put_object(
                    Key=key,
                    Body=content,
                    ContentType="application/json",
                    ChecksumAlgorithm="SHA256",
                    **self._bucket,
                    **condition,
                    **(encryption or {}),
                )
            except ClientError as error:
                if error_code(error) in _CONFLICT:
                    return False
                raise
        return True

    def delete(self, key: str) -> None:
        """Delete an object; in a versioned bucket its versions stay."""
        with self._errors(key):
            self._client.delete_object(Key=key, **self._bucket)

    def versions(self, key: str) -> list[ObjectVersion]:
        """Every version of an object, newest first, its deletions included."""
        found: list[ObjectVersion] = []
        with self._errors(key):
            pages = self._client.get_paginator("list_object_versions").paginate(Prefix=key, **self._bucket)
            for page in pages:
                for name, deletion in (("Versions", False), ("DeleteMarkers", True)):
                    found += [_version(item, deletion) for item in page.get(name, ()) if item["Key"] == key]
        # A version and its deletion may fall into one second: the latest is first all the same.
        return sorted(found, key=lambda item: (item.is_latest, item.modified), reverse=True)

    def keys(self, prefix: str) -> list[str]:
        """The keys of the objects under a prefix."""
        with self._errors(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(Prefix=prefix, **self._bucket)
            return [item["Key"] for page in pages for item in page.get("Contents", ())]

    @cached_property
    def _client(self) -> Any:
        return self.session.client("s3")

    @property
    def _bucket(self) -> dict[str, str]:
        return {"Bucket": self.bucket, "ExpectedBucketOwner": self.owner}

    @contextmanager
    def _errors(self, key: str, version_id: str = "") -> Iterator[None]:
        from botocore.exceptions import ClientError

        with aws_errors("s3", f"s3://{self.bucket}/{key}"):
            try:
                yield
            except ClientError as error:
                if version_id:
                    # To read a version by its ID is another right than to read an object.
                    error.operation_name = "GetObjectVersion"
                if error_code(error) != "NoSuchBucket":
                    raise
                raise AwsError(
                    f"the bucket {self.bucket} does not exist",
                    why="the backend's values name it",
                    hint="make it with: paybot bootstrap-state",
                ) from error


@contextmanager
def _absence() -> Iterator[list[StoredObject]]:
    """Swallow what S3 says of an object that is not there, or is a deletion."""
    from botocore.exceptions import ClientError

    found: list[StoredObject] = []
    try:
        yield found
    except ClientError as error:
        if error_code(error) not in _ABSENT and error.response["ResponseMetadata"]["HTTPStatusCode"] != 405:
            raise


def _version(item: dict[str, Any], deletion: bool) -> ObjectVersion:
    return ObjectVersion(
        version_id=item["VersionId"],
        modified=item["LastModified"],
        size=item.get("Size", 0),
        is_latest=item["IsLatest"],
        is_deletion=deletion,
    )
