"""moto behind the one lock, mended where the real Terraform provider needs it. Last in line: it answers everything."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox import bucket_policy
from paybot_ops.sandbox.alias_settings import AliasSettings
from paybot_ops.sandbox.bucket_settings import BucketSettings
from paybot_ops.sandbox.lambda_settings import LambdaSettings
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto, signed_for
from paybot_ops.sandbox.protocols import error, operation_of, service_of
from paybot_ops.sandbox.table_settings import TableSettings
from paybot_ops.sandbox.web_acl_settings import WebAclSettings


class Aws:
    """Every request that no other part has answered."""

    def __init__(self, moto: Moto) -> None:
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._moto = moto

        # moto's state is the process's own: what was made before belongs to another account that is gone.
        with moto.lock:
            BackendDict.reset()
            reset_model_data()

        def create(service: Any) -> Any:
            if service is None:
                raise NotImplementedError("moto has no such service")
            return create_backend_app(service)

        self._app = DomainDispatcherApplication(create)
        self._alias_settings = AliasSettings(moto)
        self._lambda_settings = LambdaSettings(moto)
        self._bucket_settings = BucketSettings()
        self._table_settings = TableSettings(moto)
        self._web_acl_settings = WebAclSettings(moto)
        _evaluate_bucket_policies(bucket_policy.verdict)

    def answer(self, request: Request) -> Response:
        """moto's answer, mended; 501 for what nothing here simulates, so that no SDK retries it for minutes."""
        refusal = _refuse_policy(request)
        if refusal is not None:
            return refusal
        environ = dict(request.environ)
        environ["wsgi.input"] = io.BytesIO(request.get_data())
        try:
            with self._moto.lock:
                refusal = self._alias_settings.refuse(request) or self._bucket_settings.refuse(request)
                if refusal is not None:
                    return refusal
                response = Response.from_app(self._app, environ, buffered=True)
                self._alias_settings.mend(request, response)
                self._lambda_settings.mend(request, response)
                self._bucket_settings.mend(request, response)
                self._table_settings.mend(request, response)
                self._web_acl_settings.mend(request, response)
        except NotImplementedError:
            return _not_simulated(request)
        except Exception as problem:
            return failed(request, problem)
        return _mended(request, response)


def _mended(request: Request, response: Response) -> Response:
    # moto denies by a bucket policy without a body, and has no page for a path that it does not know.
    if response.status_code == 403 and not response.data and request.method != "HEAD" and service_of(request) == "s3":
        return error(request, "AccessDenied", "Access Denied", 403)
    if response.status_code == 404 and response.data[:15].lower() == b"<!doctype html>":
        return _not_simulated(request)
    return response


def _refuse_policy(request: Request) -> Response | None:
    if request.method != "PUT" or "policy" not in request.args or signed_for(request)[0] != "s3":
        return None
    try:
        bucket_policy.check(request.get_data())
    except bucket_policy.MalformedPolicyError as problem:
        return error(request, "MalformedPolicy", str(problem), 400)
    return None


def _not_simulated(request: Request) -> Response:
    what = f"{service_of(request) or 'this service'} {operation_of(request) or request.path}"
    return error(request, "NotImplemented", f"The embedded AWS does not simulate {what}.", 501)


def failed(request: Request, problem: Exception) -> Response:
    """The answer to a request on which this program failed; where it did is written to the log."""
    what = f"{service_of(request)} {operation_of(request)}"
    # The type and the places in the code only: the message may quote the request.
    places = "".join(traceback.format_tb(problem.__traceback__)[-4:])
    sys.stderr.write(f"error: {what} failed with {type(problem).__name__}\n{places}")
    # 501 and not 500, which the SDKs would repeat for minutes: it would fail the same way each time.
    return error(request, "InternalFailure", f"The embedded AWS failed on {what} ({type(problem).__name__}).", 501)


def _evaluate_bucket_policies(verdict: Callable[[bytes | None, str, str, str], bucket_policy.Verdict]) -> None:
    """Replace moto's evaluation of bucket policies in this process by ours."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    results = {
        bucket_policy.Verdict.ALLOW: PermissionResult.PERMITTED,
        bucket_policy.Verdict.DENY: PermissionResult.DENIED,
        bucket_policy.Verdict.SILENT: PermissionResult.NEUTRAL,
    }

    def get_permission(bucket: Any, action: str, resource: str) -> Any:
        # There is no s3:HeadObject: reading an object's head needs the right to get it.
        wanted = "s3:GetObject" if action == "s3:HeadObject" else action
        return results[verdict(bucket.policy, wanted, resource, ACCOUNT_ID)]

    # Not by subclassing: moto makes its buckets itself.
    setattr(FakeBucket, "get_permission", get_permission)  # noqa: B010 - mypy knows the method
