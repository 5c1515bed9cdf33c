"""A deployed API as its OpenAPI body describes it: routes, validators, request models, gateway responses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Document = Mapping[str, Any]

INTEGRATION = "x-amazon-apigateway-integration"
_ANY = "x-amazon-apigateway-any-method"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", _ANY)

_PARAMETER = re.compile(r"\{([^}]+)\}")


class InvalidBody(Exception):
    """The request's body does not fit the model; the text is for `$context.error.validationErrorString`."""


@dataclass(frozen=True)
class Operation:
    """One method of one resource; `models` validate a body of a content type, and are empty without body validation."""

    resource: str
    method: str
    integration: Document
    models: Mapping[str, Any] = field(repr=False)
    required: tuple[tuple[str, str], ...]
    is_signed: bool
    needs_key: bool
    pattern: re.Pattern[str] = field(repr=False)
    path_parameters: tuple[str, ...]

    def check_body(self, content_type: str, body: bytes) -> None:
        """Raise InvalidBody; a content type without a model is not validated ("Request validation for REST APIs")."""
        model = self.models.get(content_type or "application/json", self.models.get("$default"))
        if model is None:
            return
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise InvalidBody("[the body is not JSON]") from None
        problems = [error.message for error in model.iter_errors(value)]
        if problems:
            raise InvalidBody(f"[{', '.join(problems)}]")


class ApiDefinition:
    """An OpenAPI 3 document with API Gateway's extensions, compiled once per deployment."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # The most literal path wins, a greedy one comes last ("Set up API Gateway proxy integrations").
        self.operations = sorted(_operations(document), key=_precedence)
        self.gateway_responses: Document = document.get("x-amazon-apigateway-gateway-responses") or {}
        self._binary: list[str] = document.get("x-amazon-apigateway-binary-media-types") or []

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that serves a path (a trailing slash does not matter), and its path parameters."""
        wanted = path.rstrip("/") or "/"
        for operation in self.operations:
            match = operation.pattern.fullmatch(wanted)
            if match and operation.method in (method, "ANY"):
                return operation, dict(zip(operation.path_parameters, match.groups(), strict=True))
        return None

    @property
    def has_binary(self) -> bool:
        """Whether the API has binary media types at all."""
        return bool(self._binary)

    def is_binary(self, media_type: str) -> bool:
        """Whether bodies of this media type travel as base64."""
        return any(fnmatchcase(media_type, pattern) for pattern in self._binary)


def merged(old: Document | None, new: Document) -> Document:
    """What a PutRestApi in merge mode leaves: the new document's paths and components over the old one's."""
    if old is None:
        return new
    result = {**old, **new, "paths": {**old.get("paths", {}), **new.get("paths", {})}}
    components = {**old.get("components", {})}
    for kind, items in (new.get("components") or {}).items():
        components[kind] = {**components.get(kind, {}), **items}
    return {**result, "components": components}


def _operations(document: Document) -> Iterator[Operation]:
    for resource, item in (document.get("paths") or {}).items():
        for name in METHODS:
            operation = item.get(name)
            if isinstance(operation, Mapping) and INTEGRATION in operation:
                yield _operation(document, resource, name, operation)


def _operation(document: Document, resource: str, name: str, operation: Document) -> Operation:
    validators = document.get("x-amazon-apigateway-request-validators") or {}
    key = "x-amazon-apigateway-request-validator"
    validator = validators.get(operation.get(key, document.get(key)), {})
    return Operation(
        resource=resource,
        method="ANY" if name == _ANY else name.upper(),
        integration=operation[INTEGRATION],
        models=dict(_models(document, operation)) if validator.get("validateRequestBody") else {},
        is_signed=_authorization(document, operation) == "AWS_IAM",
        needs_key=_needs_key(document, operation),
        required=tuple(_required(document, operation)) if validator.get("validateRequestParameters") else (),
        pattern=_pattern(resource),
        path_parameters=tuple(part.rstrip("+") for part in _PARAMETER.findall(resource)),
    )


def _authorization(document: Document, operation: Document) -> str:
    name = "x-amazon-apigateway-auth"
    return str((operation.get(name) or document.get(name) or {}).get("type", "NONE")).upper()


def _needs_key(document: Document, operation: Document) -> bool:
    """Whether a security requirement names a scheme that is a key in `x-api-key`, the only one API Gateway reads."""
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    keys = {
        name
        for name, scheme in schemes.items()
        if (scheme.get("type"), str(scheme.get("name")).lower()) == ("apiKey", "x-api-key")
    }
    return any(keys & set(requirement) for requirement in operation.get("security", document.get("security")) or ())


def _models(document: Document, operation: Document) -> Iterator[tuple[str, Any]]:
    from jsonschema import Draft4Validator

    content = _resolved(document, operation.get("requestBody") or {}).get("content") or {}
    for content_type, media in content.items():
        # API Gateway models are JSON schema draft 4; references reach the document's components.
        schema = {"allOf": [media.get("schema") or {}], "components": document.get("components") or {}}
        yield content_type.partition(";")[0].strip().lower(), Draft4Validator(schema)


def _required(document: Document, operation: Document) -> Iterator[tuple[str, str]]:
    for parameter in operation.get("parameters") or ():
        found = _resolved(document, parameter)
        if found.get("required") and found.get("in") in ("header", "query"):
            yield found["in"], found["name"]


def _resolved(document: Document, item: Document) -> Document:
    reference = item.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return item
    found: Any = document
    for part in reference[2:].split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~"), {})
    return found if isinstance(found, Mapping) else {}


def _pattern(resource: str) -> re.Pattern[str]:
    """The resource's path as a pattern: `{name}` is one segment, `{name+}` all the rest."""
    parts = _PARAMETER.split(resource.rstrip("/") or "/")
    text = re.escape(parts[0])
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        text += ("(.+)" if name.endswith("+") else "([^/]+)") + re.escape(literal)
    return re.compile(text)


def _precedence(operation: Operation) -> tuple[bool, int, bool]:
    return ("+}" in operation.resource, operation.resource.count("{"), operation.method == "ANY")
