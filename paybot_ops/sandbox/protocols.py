"""Which operation a request is, and how its service words an error, in every AWS protocol.

Source of the shapes: the Smithy documentation's AWS protocols (awsJson, awsQuery, restJson1, restXml, rpcv2Cbor).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from werkzeug import Request, Response

from paybot_ops.sandbox.part import signed_for
from paybot_ops.sandbox.rest_json import ApiError, Route, error_response, raw_path, request_id, route_of
from paybot_ops.sandbox.stripe_errors import fault_response
from paybot_ops.sandbox.stripe_routes import operation_name, stripe_path

# Where requests of a service are not signed, or the name in the signature is not botocore's.
_MODELS = {"bedrock": ("bedrock", "bedrock-runtime"), "monitoring": ("cloudwatch",)}
_CBOR = "application/cbor"


def service_of(request: Request) -> str:
    """The service by its signing name, or `stripe`; `execute-api` for the deployed API's own URL, "" if unknown."""
    if request.path.startswith("/_aws/execute-api/"):
        return "execute-api"
    if stripe_path(request) is not None:
        return "stripe"
    return signed_for(request)[0]


def operation_of(request: Request) -> str:
    """The operation's name (`PutObject`, `Converse`), or "" when it cannot be told."""
    path = stripe_path(request)
    if path is not None:
        return operation_name(request.method, path)
    target = request.headers.get("X-Amz-Target", "")
    if target:
        return target.rpartition(".")[2]
    if request.headers.get("smithy-protocol"):
        return request.path.rpartition("/")[2]
    action = request.args.get("Action") or _form(request).get("Action", [""])[0]
    if action:
        return action
    return request.args.get("x-id") or _rest_operation(request, service_of(request))


def path_names(request: Request, service: str, operation: str) -> dict[str, str]:
    """What the path of a REST request names, by the labels of botocore's model: `{"Bucket": …, "Key": …}`."""
    path = raw_path(request).rstrip("/")
    for candidate in _candidates(service):
        if candidate.route.operation.name == operation and (found := candidate.route.path.fullmatch(path)):
            labels = (label.rstrip("+") for label in candidate.route.labels)
            return dict(zip(labels, (unquote(text) for text in found.groups()), strict=True))
    return {}


def error(request: Request, code: str, message: str, status: int) -> Response:
    """An error as the request's own service would word it."""
    if stripe_path(request) is not None:
        return fault_response(code, message, status)
    if request.headers.get("smithy-protocol"):
        return Response(
            _cbor({"__type": code, "message": message}), status, {"smithy-protocol": "rpc-v2-cbor"}, mimetype=_CBOR
        )
    if request.headers.get("X-Amz-Target"):
        body = json.dumps({"__type": code, "message": message})
        return Response(body, status, {"x-amzn-requestid": request_id()}, content_type="application/x-amz-json-1.0")
    if service_of(request) == "s3":
        text = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', status, content_type="application/xml")
    if request.args.get("Action") or _form(request):
        fault = "Sender" if status < 500 else "Receiver"
        text = f"<Type>{fault}</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        body = f"<ErrorResponse><Error>{text}</Error><RequestId>{request_id()}</RequestId></ErrorResponse>"
        return Response(body, status, content_type="text/xml")
    return error_response(ApiError(code, message, status=status))


def _form(request: Request) -> dict[str, list[str]]:
    if request.mimetype != "application/x-www-form-urlencoded":
        return {}
    return parse_qs(request.get_data().decode("utf-8", "replace"))


@dataclass(frozen=True)
class _Candidate:
    """A REST operation, and what a request must carry for it beside method and path."""

    route: Route
    query: frozenset[str]
    headers: frozenset[str]

    def fits(self, request: Request, path: str) -> bool:
        return (
            self.route.method == request.method
            and self.route.path.fullmatch(path) is not None
            and all(name in request.args for name in self.query)
            and all(name in request.headers for name in self.headers)
        )

    @property
    def specific(self) -> tuple[int, int, int]:
        return (len(self.query) + len(self.headers), -len(self.route.labels), len(self.route.path.pattern))


def _rest_operation(request: Request, service: str) -> str:
    path = raw_path(request).rstrip("/")
    fitting = [candidate for candidate in _candidates(service) if candidate.fits(request, path)]
    best = max(fitting, key=lambda candidate: candidate.specific, default=None)
    return best.route.operation.name if best else ""


@lru_cache(maxsize=16)
def _candidates(service: str) -> list[_Candidate]:
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import create_loader
    from botocore.model import ServiceModel

    found = []
    for name in _MODELS.get(service, (service,)) if service else ():
        try:
            model = ServiceModel(create_loader().load_service_model(name, "service-2"), name)
        except UnknownServiceError:
            continue
        found += [_candidate(model.operation_model(operation)) for operation in model.operation_names]
    return found


def _candidate(operation: Any) -> _Candidate:
    shape = operation.input_shape
    required: dict[str, set[str]] = {"querystring": set(), "header": set()}
    for name in shape.required_members if shape else ():
        member = shape.members[name]
        required.get(member.serialization.get("location"), set()).add(member.serialization.get("name", name))
    literal = {part.partition("=")[0] for part in operation.http["requestUri"].partition("?")[2].split("&") if part}
    query = frozenset(required["querystring"] | (literal - {"x-id"}))
    return _Candidate(route_of(operation), query, frozenset(required["header"]))


def _cbor(members: dict[str, str]) -> bytes:
    # A map of a few short texts is all that an error needs, and no CBOR library is installed for it.
    def text(value: str) -> bytes:
        data = value.encode()
        return (bytes([0x60 + len(data)]) if len(data) < 24 else b"\x79" + len(data).to_bytes(2, "big")) + data

    return bytes([0xA0 + len(members)]) + b"".join(text(name) + text(value) for name, value in members.items())
