"""The resources that a request names, in every AWS protocol, and nothing else of what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from werkzeug import Request

from paybot_ops.sandbox.protocols import path_names
from paybot_ops.sandbox.rest_json import raw_path

Name = tuple[str, str]
"""A parameter as its service calls it, and the name, id or ARN that it holds."""

# The parameters that name a resource. Whatever is not here is not looked at: it may be anybody's data.
_RESOURCES = frozenset(
    {
        "AlarmName",
        "AlarmNames",
        "AliasName",
        "DashboardName",
        "DashboardNames",
        "FunctionName",
        "guardrailIdentifier",
        "guardrailVersion",
        "KeyId",
        "kmsKeyId",
        "logGroupIdentifier",
        "logGroupName",
        "logGroupNamePrefix",
        "Name",
        "PolicyArn",
        "PolicyName",
        "Qualifier",
        "ResourceARN",
        "ResourceArn",
        "resourceARN",
        "resourceArn",
        "Role",
        "roleArn",
        "RoleName",
        "SecretId",
        "SubscriptionArn",
        "TableName",
        "TargetArn",
        "TargetKeyId",
        "TopicArn",
        "WebACLArn",
    }
)
# Structures that name one.
_WITHIN = ("LoggingConfiguration", "guardrailConfig")
_FORM = "application/x-www-form-urlencoded"
_LONGEST = 2_048
_MOST = 100


def names_of(request: Request, service: str, operation: str) -> tuple[Name, ...]:
    """The names in a request, sorted; of API Gateway also method and path, which IAM looks at there."""
    found: list[Name] = []
    if not (request.headers.get("X-Amz-Target") or request.mimetype == _FORM):
        found += path_names(request, service, operation).items()
    if "versionId" in request.args:
        found.append(("VersionId", request.args["versionId"]))
    if service in ("apigateway", "execute-api"):
        found += [("Method", request.method), ("Path", raw_path(request))]
    if service != "s3":
        found += _body_names(request)
    return tuple(sorted({(name, text) for name, text in found if len(text) <= _LONGEST}))[:_MOST]


def _body_names(request: Request) -> Iterator[Name]:
    if request.mimetype == _FORM:
        for name, text in parse_qsl(request.get_data().decode("utf-8", "replace")):
            # A list is flattened: AlarmNames.member.1.
            if name.partition(".")[0] in _RESOURCES:
                yield name.partition(".")[0], text
        return
    if not (request.is_json or "x-amz-json" in request.mimetype):
        return
    try:
        body = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        return
    if isinstance(body, dict):
        yield from _listed(body)
        # KMS: CloudTrail shows a context in clear, and a policy's condition may ask for it.
        context = body.get("EncryptionContext")
        if isinstance(context, dict):
            yield from ((f"EncryptionContext:{key}", str(text)) for key, text in context.items())
        for inner in (body.get(name) for name in _WITHIN):
            if isinstance(inner, dict):
                yield from _listed(inner)


def _listed(members: Mapping[str, Any]) -> Iterator[Name]:
    for name, value in members.items():
        if name in _RESOURCES:
            yield from (
                (name, text) for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)
            )
