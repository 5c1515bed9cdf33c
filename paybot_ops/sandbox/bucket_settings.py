"""What moto forgets or lets pass of a bucket's settings: who it is expected to belong to, its name's rules, MFA
delete, and every part of its lifecycle rules.

Sources: Amazon S3 API reference (PutBucketVersioning, PutBucketLifecycleConfiguration), "Bucket owner condition",
"General purpose bucket naming rules", "MFA delete".
"""

from __future__ import annotations

import re

from werkzeug import Request, Response

from paybot_ops.core.bucket_names import broken_rule
from paybot_ops.sandbox.part import ACCOUNT_ID, signed_for
from paybot_ops.sandbox.protocols import error

_OWNER = "x-amz-expected-bucket-owner"
_MFA = re.compile(rb"<MfaDelete>\s*(Enabled|Disabled)\s*</MfaDelete>")
_CODE = re.compile(r"\S+ \d{6}")


class BucketSettings:
    """Refuses what S3 refuses, and remembers what a request sets; called under the one lock."""

    def __init__(self) -> None:
        self._lifecycle: dict[str, bytes] = {}
        self._mfa_delete: set[str] = set()

    def refuse(self, request: Request) -> Response | None:
        """The refusal of a request that S3 would not take; None for every other."""
        if signed_for(request)[0] != "s3":
            return None
        if request.headers.get(_OWNER, ACCOUNT_ID) != ACCOUNT_ID:
            return error(request, "AccessDenied", "Access Denied", 403)
        bucket = _bucket(request)
        if bucket is None or request.method != "PUT":
            return None
        if set(request.args) <= {"x-id"} and broken_rule(bucket):
            return error(request, "InvalidBucketName", "The specified bucket is not valid.", 400)
        if "lifecycle" in request.args and bucket in self._mfa_delete:
            return error(request, "InvalidBucketState", "Lifecycle is not supported on an MFA delete bucket.", 409)
        return self._refuse_versioning(request, bucket) if "versioning" in request.args else None

    def mend(self, request: Request, response: Response) -> None:
        """Remember what was set, and complete moto's answer, in place."""
        bucket = _bucket(request)
        if bucket is None or response.status_code >= 300 or signed_for(request)[0] != "s3":
            return
        if request.method == "PUT":
            self._remember(request, bucket)
        elif request.method == "DELETE":
            gone = set(request.args) <= {"x-id"}
            if gone or "lifecycle" in request.args:
                self._lifecycle.pop(bucket, None)
            if gone:
                self._mfa_delete.discard(bucket)
        elif request.method == "GET" and "lifecycle" in request.args and bucket in self._lifecycle:
            response.set_data(self._lifecycle[bucket])
        elif request.method == "GET" and "versioning" in request.args and bucket in self._mfa_delete:
            answer = response.get_data()
            response.set_data(answer.replace(b"</Status>", b"</Status><MfaDelete>Enabled</MfaDelete>"))

    def _remember(self, request: Request, bucket: str) -> None:
        if "lifecycle" in request.args:
            self._lifecycle[bucket] = request.get_data()
        if "versioning" in request.args and (found := _MFA.search(request.get_data())):
            (self._mfa_delete.add if found[1] == b"Enabled" else self._mfa_delete.discard)(bucket)

    def _refuse_versioning(self, request: Request, bucket: str) -> Response | None:
        asked = _MFA.search(request.get_data())
        if asked is None and bucket not in self._mfa_delete:
            return None
        if not _CODE.fullmatch(request.headers.get("x-amz-mfa", "")):
            return error(request, "AccessDenied", "Mfa Authentication must be used for this request", 403)
        if asked and asked[1] == b"Enabled" and bucket in self._lifecycle:
            return error(request, "InvalidBucketState", "MFA delete is not supported on a bucket with lifecycle.", 409)
        return None


def _bucket(request: Request) -> str | None:
    """The bucket of a request about a bucket; None for one about an object, or about no bucket."""
    name, _, key = request.path.lstrip("/").partition("/")
    return name if name and not key else None
