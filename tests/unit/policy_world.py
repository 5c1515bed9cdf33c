"""Bucket policies of every kind, and a small evaluator of them: what a policy says of one request.

Source of the logic: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

BUCKET = "arn:aws:s3:::acme-state"
SOMEBODY = "arn:aws:iam::111122223333:role/ci"
_PRINCIPALS = ("*", SOMEBODY, "arn:aws:iam::999999999999:root")
_ACTIONS = ("s3:*", "*", "s3:Get*", "s3:PutObject", "S3:GetObject", "s3:ListBucket", "s3:GetObjec?")
_RESOURCES = (BUCKET, f"{BUCKET}/*", f"{BUCKET}*", "*", "arn:aws:s3:::*", f"{BUCKET}/reports/*", f"{BUCKET}/?*")
_ENDPOINT = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}


@dataclass(frozen=True)
class Request:
    """One request to the bucket."""

    principal: str
    action: str
    resource: str
    tls: bool
    endpoint: str = ""


def requests() -> list[Request]:
    """Everything that differs to the policies made here."""
    return [
        Request(principal, action, resource, tls, endpoint)
        for principal in ("anonymous", *_PRINCIPALS[1:])
        for action, resource in (
            ("s3:GetObject", f"{BUCKET}/shop/terraform.tfstate"),
            ("s3:GetObject", f"{BUCKET}/reports/1"),
            ("s3:PutObject", f"{BUCKET}/x"),
            ("s3:ListBucket", BUCKET),
            ("s3:DeleteBucket", BUCKET),
        )
        for tls in (True, False)
        for endpoint in ("vpce-1", "")
    ]


def verdict(policy: str | None, request: Request) -> str:
    """`deny`, `allow`, or `silent`."""
    if policy is None:
        return "silent"
    found = json.loads(policy)["Statement"]
    effects = {item["Effect"] for item in (found if isinstance(found, list) else [found]) if _concerns(item, request)}
    return "deny" if "Deny" in effects else "allow" if "Allow" in effects else "silent"


def _concerns(statement: dict[str, Any], request: Request) -> bool:
    return (
        _selected(statement, "Principal", request.principal)
        and _selected(statement, "Action", request.action)
        and _selected(statement, "Resource", request.resource)
        and all(
            _holds(operator, key, values, request)
            for operator, pairs in statement.get("Condition", {}).items()
            for key, values in pairs.items()
        )
    )


def _selected(statement: dict[str, Any], name: str, actual: str) -> bool:
    negated = f"Not{name}" in statement
    patterns = statement.get(f"Not{name}" if negated else name)
    if isinstance(patterns, dict):
        patterns = patterns["AWS"]
    fold = name == "Action"
    return any(_like(item, actual, fold) for item in _listed(patterns)) != negated


def _holds(operator: str, key: str, values: Any, request: Request) -> bool:
    context = {"aws:securetransport": "true" if request.tls else "false"}
    if request.endpoint:
        context["aws:sourcevpce"] = request.endpoint
    actual = context.get(key.lower())
    if actual is None:
        return "Not" in operator or operator.endswith("IfExists")
    found = any(str(value).lower() == actual for value in _listed(values))
    return found != ("Not" in operator)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _like(pattern: str, value: str, fold: bool) -> bool:
    if fold:
        pattern, value = pattern.lower(), value.lower()
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), value) is not None


def _one_or_more(values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


_secure = st.sampled_from(["false", "true", False, ["false"], ["true", "false"], "False"])
_conditions: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.just(_ENDPOINT),
    st.builds(
        lambda operator, key, value: {operator: {key: value}},
        st.sampled_from(["Bool", "BoolIfExists", "StringEquals"]),
        st.sampled_from(["aws:SecureTransport", "AWS:securetransport"]),
        _secure,
    ),
    st.builds(lambda value: {"Bool": {"aws:SecureTransport": value}} | _ENDPOINT, _secure),
    st.builds(lambda value: {"Bool": {"aws:SecureTransport": value, "aws:Other": "true"}}, _secure),
)


@st.composite
def _statements(draw: st.DrawFn) -> dict[str, Any]:
    principal = draw(st.one_of(st.just("*"), st.builds(lambda names: {"AWS": names}, _one_or_more(_PRINCIPALS))))
    negated = draw(st.sampled_from(["", "", "", "Principal", "Action", "Resource"]))
    parts = {"Principal": principal, "Action": draw(_one_or_more(_ACTIONS)), "Resource": draw(_one_or_more(_RESOURCES))}
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Deny", "Deny"]))}
    statement |= {f"Not{name}" if name == negated else name: value for name, value in parts.items()}
    if draw(st.booleans()):
        statement["Sid"] = draw(st.sampled_from(["DenyWithoutTls", "DenyWithoutTls2", "Théirs ]}", "x"]))
    condition = draw(_conditions)
    return statement if condition is None else statement | {"Condition": condition}


@st.composite
def policies(draw: st.DrawFn) -> str:
    """The text of a policy, in one of the many ways in which one can be written."""
    several = draw(st.lists(_statements(), min_size=1, max_size=4))
    document: dict[str, Any] = {"Version": "2012-10-17", "Id": 'a "]" b'}
    document["Statement"] = several[0] if len(several) == 1 and draw(st.booleans()) else several
    if draw(st.booleans()):
        document = dict(reversed(document.items()))
    indent = draw(st.sampled_from([None, 0, 2, "\t"]))
    space = draw(st.sampled_from(["", " ", "\n", "\r\n  "]))
    return space + json.dumps(document, indent=indent, ensure_ascii=draw(st.booleans())) + space
