"""Lambda's Invoke, with the uploaded zip doing the work; moto keeps the functions and answers everything else."""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from werkzeug import Request, Response

from paybot_ops.sandbox.functions import Function, resolve
from paybot_ops.sandbox.metrics import datum, publish
from paybot_ops.sandbox.part import Moto, signed_for
from paybot_ops.sandbox.rest_json import ApiError, error_response, raw_path, request_id
from paybot_ops.sandbox.worker_pool import WorkerPool

_INVOCATIONS = re.compile(r"^/2015-03-31/functions/(?P<name>.+)/invocations/?$")

_SYNCHRONOUS_LIMIT = 6 * 1024 * 1024
_ASYNCHRONOUS_LIMIT = 1024 * 1024
"""Bytes of a request's payload ("Lambda quotas")."""

_THREADS = 64


@dataclass(frozen=True)
class Invocation:
    """The result of one invocation; `function_error` is None or "Unhandled", `log_tail` its last 4 KB of log."""

    payload: bytes
    function_error: str | None
    executed_version: str
    log_tail: str


class LambdaPart:
    """Runs deployed functions, for the Invoke API and for the other parts.

    Unpacked code lives in a temporary folder below `folder` (the system's unless given) until `close`.
    """

    def __init__(self, moto: Moto, folder: Path | None = None) -> None:
        self._moto = moto
        self._pool = WorkerPool(moto, folder)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="invocation")

    def answer(self, request: Request) -> Response | None:
        """The answer to an Invoke request; every other request is moto's."""
        match = _INVOCATIONS.match(raw_path(request)) if request.method == "POST" else None
        if match is None:
            return None
        try:
            return self._answer(request, unquote(match["name"]))
        except ApiError as error:
            return error_response(error)

    def invoke(
        self, name: str, qualifier: str | None, payload: bytes, region: str, *, client_context: str = ""
    ) -> Invocation:
        """Run a function and wait for it.

        Raises ApiError for what Lambda would answer with an error status instead of running the function: unknown
        function (404), throttled (429), payload too large (413), no JSON (400), code that cannot be unpacked (502).
        """
        function = resolve(self._moto, name, qualifier, region)
        return self._run(function, _checked(payload, _SYNCHRONOUS_LIMIT), client_context)

    def submit(self, name: str, qualifier: str | None, payload: bytes, region: str) -> Future[Invocation]:
        """`invoke` in a thread of this part's, for a caller that will not wait for ever."""
        return self._threads.submit(self.invoke, name, qualifier, payload, region)

    def close(self) -> None:
        """End every process and thread, and remove every file; invocations under way end as crashed."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
        self._threads.shutdown()

    def _answer(self, request: Request, name: str) -> Response:
        region = signed_for(request)[1]
        qualifier, kind = request.args.get("Qualifier"), request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        payload, context = request.get_data(), _client_context(request)
        headers = {"x-amzn-RequestId": request_id()}
        if kind == "RequestResponse":
            done = self.invoke(name, qualifier, payload, region, client_context=context)
            headers["X-Amz-Executed-Version"] = done.executed_version
            if done.function_error:
                headers["X-Amz-Function-Error"] = done.function_error
            if request.headers.get("X-Amz-Log-Type") == "Tail":
                headers["X-Amz-Log-Result"] = base64.b64encode(done.log_tail.encode()).decode()
            return Response(done.payload, 200, headers, content_type="application/json")
        function = resolve(self._moto, name, qualifier, region)
        if kind == "DryRun":
            headers["X-Amz-Executed-Version"] = function.version
            return Response(b"", 204, headers)
        if kind == "Event":
            self._threads.submit(self._run, function, _checked(payload, _ASYNCHRONOUS_LIMIT), context)
            return Response(b"", 202, headers)
        raise ApiError("InvalidParameterValueException", f"{kind!r} is no invocation type")

    def _run(self, function: Function, payload: bytes, client_context: str) -> Invocation:
        try:
            with self._pool.lend(function) as (worker, running):
                outcome = worker.invoke(payload, client_context)
        except ApiError as error:
            if error.status == 429:
                self._publish(function, [("Throttles", 1, "Count")])
            raise
        figures = [
            ("Invocations", 1, "Count"),
            ("Errors", 1 if outcome.function_error else 0, "Count"),
            ("Throttles", 0, "Count"),
            ("Duration", outcome.measured.duration_ms, "Milliseconds"),
            ("ConcurrentExecutions", running, "Count"),
        ]
        self._publish(function, figures)
        return Invocation(outcome.payload, outcome.function_error, function.version, outcome.log_tail)

    def _publish(self, function: Function, figures: list[tuple[str, float, str]]) -> None:
        """Each figure for the function, and for the alias or version that was named ("Types of metrics for Lambda")."""
        sets = [{"FunctionName": function.name}]
        if function.qualifier:
            sets.append({"FunctionName": function.name, "Resource": f"{function.name}:{function.qualifier}"})
        data = [datum(*figure, **dimensions) for dimensions in sets for figure in figures]
        publish(self._moto, function.region, "AWS/Lambda", data)


def _checked(payload: bytes, limit: int) -> bytes:
    if len(payload) > limit:
        message = f"{len(payload)} byte payload is too large for the {limit} byte limit"
        raise ApiError("RequestTooLargeException", message, status=413)
    if not payload:
        return b"{}"
    try:
        json.loads(payload)
    except (ValueError, RecursionError):
        message = "Could not parse request body into json: the payload is not JSON"
        raise ApiError("InvalidRequestContentException", message) from None
    return payload


def _client_context(request: Request) -> str:
    try:
        return base64.b64decode(request.headers.get("X-Amz-Client-Context", ""), validate=True).decode()
    except ValueError:
        raise ApiError("InvalidRequestContentException", "Client context must be valid Base64-encoded JSON") from None
