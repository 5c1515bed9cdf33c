"""A REST-JSON service answered by functions: routes, parameters, checks and statuses are botocore's."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from paybot_ops.sandbox.part import signed_for

# What an operation does: (parameters, region) -> the answer's members, or None to leave the request to moto.
Operation = Callable[[dict[str, Any], str], "dict[str, Any] | None"]


class ApiError(Exception):
    """An answer that AWS gives as an error: its code, its message, its HTTP status, and more members of its body."""

    def __init__(self, code: str, message: str, *, status: int = 400, members: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})


def invalid(message: str) -> ApiError:
    """A ValidationException (400)."""
    return ApiError("ValidationException", message)


def not_found(message: str) -> ApiError:
    """A ResourceNotFoundException (404)."""
    return ApiError("ResourceNotFoundException", message, status=404)


def error_response(error: ApiError) -> Response:
    """The error in REST-JSON's shape: the code in a header, the message in the body."""
    response = json_response({**error.members, "message": error.message}, error.status)
    response.headers["x-amzn-errortype"] = error.code
    return response


def json_response(body: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer with the request id that SDKs show; times become ISO 8601 in UTC."""
    text = json.dumps(body, default=_as_json)
    return Response(text, status, {"x-amzn-requestid": request_id()}, content_type="application/json")


def request_id() -> str:
    """A fresh request id of the form that AWS uses."""
    return "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6))


def _as_json(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raise TypeError(type(value).__name__)


@dataclass(frozen=True)
class Route:
    """Where one operation is reached, and what botocore knows about it."""

    method: str
    path: re.Pattern[str]
    operation: Any
    labels: tuple[str, ...]


class RestJson:
    """The operations of one service that are answered here; every other request is nobody's.

    `lock` is held while an operation runs, not while its request is read and checked.
    """

    def __init__(
        self, service: str, operations: Mapping[str, Operation], lock: AbstractContextManager[Any] | None = None
    ) -> None:
        self._service = service
        self._operations = operations
        self._lock = lock or nullcontext()

    @cached_property
    def _model(self) -> Any:
        from botocore.loaders import create_loader
        from botocore.model import ServiceModel

        return ServiceModel(create_loader().load_service_model(self._service, "service-2"), self._service)

    @cached_property
    def _routes(self) -> list[Route]:
        return [route_of(self._model.operation_model(name)) for name in self._operations]

    def answer(self, request: Request, *, signing_name: str) -> Response | None:
        """The answer to the request, or None when it is for another service or operation."""
        service, region = signed_for(request)
        if service != signing_name:
            return None
        path = raw_path(request).rstrip("/")
        for route in self._routes:
            found = route.path.fullmatch(path) if route.method == request.method else None
            if found:
                return self._run(route, request, found, region)
        return None

    def _run(self, route: Route, request: Request, found: re.Match[str], region: str) -> Response | None:
        operation = route.operation
        try:
            labels = dict(zip(route.labels, (unquote(text) for text in found.groups()), strict=True))
            params = _parameters(operation.input_shape, request, labels)
            _check(operation.input_shape, params)
            with self._lock:
                answer = self._operations[operation.name](params, region)
        except ApiError as error:
            return error_response(error)
        return None if answer is None else json_response(answer, operation.http.get("responseCode", 200))


def route_of(operation: Any) -> Route:
    """The route of a botocore operation; a label may hold a percent-encoded ARN, and `{Key+}` whole paths."""
    path = operation.http["requestUri"].partition("?")[0]
    parts = re.split(r"\{([^}]+)\}", path)
    pattern = re.escape(parts[0])
    for label, literal in zip(parts[1::2], parts[2::2], strict=True):
        pattern += ("(.+)" if label.endswith("+") else "([^/]+)") + re.escape(literal)
    return Route(operation.http["method"], re.compile(pattern.rstrip("/")), operation, tuple(parts[1::2]))


def raw_path(request: Request) -> str:
    """The path as it was sent, still percent-encoded: a decoded ARN holds slashes that are no separators."""
    raw = request.environ.get("RAW_URI") or request.path
    return str(raw).partition("?")[0]


def _parameters(shape: Any, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
    params = _body(request)
    for name, member in shape.members.items() if shape else ():
        location, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "uri":
            params[name] = labels[wire]
        elif location == "querystring":
            params.pop(name, None)
            if wire in request.args:
                params[name] = _from_text(member.type_name, request.args[wire], name)
    return params


def _body(request: Request) -> dict[str, Any]:
    text = request.get_data()
    if not text:
        return {}
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise ApiError("SerializationException", "The request body is not JSON.") from None
    if not isinstance(body, dict):
        raise ApiError("SerializationException", "Start of structure or map found where not expected.")
    return {name: value for name, value in body.items() if value is not None}


def _from_text(type_name: str, text: str, name: str) -> Any:
    if type_name != "integer":
        return text
    try:
        return int(text)
    except ValueError:
        raise ApiError("SerializationException", f"'{name}' can not be converted to an Integer") from None


def _check(shape: Any, params: dict[str, Any]) -> None:
    from paybot_ops.sandbox.shapes import WrongTypeError, violations

    if shape is None:
        return
    try:
        found = list(violations(shape, params))
    except WrongTypeError as error:
        message = f"The value at '{error.path}' can not be converted to a {error.expected}."
        raise ApiError("SerializationException", message) from None
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        raise invalid(count + "; ".join(found))
