"""A service of the query and JSON protocols answered by functions: parameters, checks and shapes are botocore's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.part import signed_for
from paybot_ops.sandbox.protocols import error, operation_of
from paybot_ops.sandbox.rest_json import ApiError, request_id
from paybot_ops.sandbox.shapes import WrongTypeError, violations

# What an operation does: (parameters, region) -> the answer's members, or None to leave the request to moto.
# Times in parameters are aware, in UTC.
Operation = Callable[[dict[str, Any], str], "dict[str, Any] | None"]


def refused(message: str) -> ApiError:
    """A ValidationError (400), the code of these protocols' services."""
    return ApiError("ValidationError", message)


class Rpc:
    """The operations of one service that are answered here; every other request is nobody's.

    `lock` is held while an operation runs, not while its request is read and checked.
    """

    def __init__(
        self,
        service: str,
        signing_name: str,
        operations: Mapping[str, Operation],
        lock: AbstractContextManager[Any] | None = None,
        invalid_code: str = "ValidationError",
    ) -> None:
        from moto.core.utils import get_service_model

        self._model = get_service_model(service)
        self._signing_name = signing_name
        self._operations = operations
        self._lock = lock or nullcontext()
        self._invalid_code = invalid_code

    def answer(self, request: Request) -> Response | None:
        """The answer to the request, or None when it is for another service or operation."""
        service, region = signed_for(request)
        if service != self._signing_name:
            return None
        name = operation_of(request)
        operation = self._operations.get(name)
        if operation is None or request.headers.get("smithy-protocol"):
            return None
        model = self._model.operation_model(name)
        try:
            params = self._parameters(model, request)
            with self._lock:
                answer = operation(params, region)
        except ApiError as refusal:
            return error(request, refusal.code, refusal.message, refusal.status)
        return None if answer is None else _response(request, model, answer)

    def _parameters(self, model: Any, request: Request) -> dict[str, Any]:
        from moto.core.parse import PROTOCOL_PARSERS

        parser = PROTOCOL_PARSERS["json" if _is_json(request) else "query"](model, timestamp_parser=_time)
        body = request.get_data()
        try:
            found: dict[str, Any] = parser.parse(
                {
                    "method": request.method,
                    "values": request.values,
                    "headers": request.headers,
                    "body": body or b"{}",
                    "url_path": request.path,
                    "url_params": {},
                }
            )
            problems = list(violations(model.input_shape, found)) if model.input_shape else []
        except WrongTypeError as problem:
            raise ApiError(
                "SerializationException", f"The value at '{problem.path}' can not be converted to a {problem.expected}."
            ) from None
        except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
            raise ApiError("SerializationException", "The request cannot be read.") from None
        if problems:
            count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
            raise ApiError(self._invalid_code, count + "; ".join(problems))
        return found


def _is_json(request: Request) -> bool:
    return bool(request.headers.get("X-Amz-Target"))


def _response(request: Request, model: Any, answer: Mapping[str, Any]) -> Response:
    if _is_json(request):
        body = json.dumps(answer, default=_epoch)
        return Response(body, 200, {"x-amzn-requestid": request_id()}, content_type="application/x-amz-json-1.0")
    from moto.core.serialize import SerializationContext, get_serializer_class

    serializer = get_serializer_class(model.service_model.service_name, "query")(
        operation_model=model, context=SerializationContext(request_id())
    )
    made = serializer.serialize(answer)
    return Response(made["body"], made["status_code"], content_type="text/xml")


def _time(value: Any) -> datetime:
    from botocore.utils import parse_timestamp

    found: datetime = parse_timestamp(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _epoch(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(type(value).__name__)
