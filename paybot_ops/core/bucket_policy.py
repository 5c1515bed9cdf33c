"""Whether a bucket's policy enforces TLS, by what it says and not by its names, and adding that without touching it.

Sources: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators"; Amazon S3 user
guide, "Bucket policy examples" and "Adding a bucket policy" (20 KB at most).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from paybot_ops.errors import PaybotError

LARGEST_POLICY = 20 * 1024
_SID = "DenyWithoutTls"
_KEY = "aws:securetransport"
# Each is true of a request that came without TLS when its value is "false".
_OPERATORS = frozenset({"bool", "boolifexists", "stringequals", "stringequalsifexists", "stringequalsignorecase"})
_SPACE = re.compile(r"[ \t\r\n]*")


def enforces_tls(policy: str | None, bucket_arn: str) -> bool:
    """Whether every request without TLS is denied: for everybody, for every action, on the bucket and its objects.

    A policy that does it in a way that cannot be told for certain counts as one that does not.
    """
    if policy is None:
        return False
    patterns = [
        pattern
        for statement in _statements(parse_policy(policy))
        if _denies_everybody(statement) and _covers_all_actions(statement) and _holds_without_tls(statement)
        for pattern in _listed(statement.get("Resource"))
    ]
    return all(any(_covers(pattern, wanted) for pattern in patterns) for wanted in _resources(bucket_arn))


def tls_statement(bucket_arn: str, sids: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The statement that enforces TLS, with a `Sid` that no other statement has."""
    numbers = (f"{_SID}{number}" for number in range(2, len(sids) + 3))
    sid = _SID if _SID not in sids else next(name for name in numbers if name not in sids)
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": list(_resources(bucket_arn)),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def with_tls(policy: str | None, bucket_arn: str) -> str:
    """The policy with one statement more; every byte that was there stays, in its place.

    Raises:
        PaybotError: the policy cannot be read, or would become longer than S3 takes.
    """
    if policy is None:
        return json.dumps({"Version": "2012-10-17", "Statement": [tls_statement(bucket_arn)]})
    statements = _statements(parse_policy(policy))
    sids = frozenset(str(item.get("Sid")) for item in statements if isinstance(item, Mapping))
    text = _appended(policy, json.dumps(tls_statement(bucket_arn, sids)))
    if _statements(parse_policy(text))[:-1] != statements:
        raise _unreadable("its statements cannot be told apart")
    if len(text.encode()) > LARGEST_POLICY:
        raise PaybotError(
            "the bucket's policy has no room for the statement that enforces TLS",
            why=f"S3 takes {LARGEST_POLICY} bytes, and with it the policy would have {len(text.encode())}",
            hint="shorten the policy, then run this again",
        )
    return text


def parse_policy(policy: str) -> Mapping[str, Any]:
    """A policy document; raises `PaybotError` for a text that is none, without quoting it."""
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError):
        raise _unreadable("it is not JSON") from None
    if not isinstance(document, dict):
        raise _unreadable("it is not a JSON object")
    return document


def _statements(document: Mapping[str, Any]) -> list[Any]:
    return _listed(document.get("Statement"))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _resources(bucket_arn: str) -> tuple[str, str]:
    return bucket_arn, f"{bucket_arn}/*"


def _denies_everybody(statement: Any) -> bool:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Deny":
        return False
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, Mapping) else principal
    return "*" in _listed(named)


def _covers_all_actions(statement: Mapping[str, Any]) -> bool:
    return any(str(action).lower() in ("*", "s3:*") for action in _listed(statement.get("Action")))


def _holds_without_tls(statement: Mapping[str, Any]) -> bool:
    """Whether its one condition is true of every request without TLS; a second one would narrow it."""
    condition = statement.get("Condition")
    if not isinstance(condition, Mapping) or len(condition) != 1:
        return False
    ((operator, pairs),) = condition.items()
    if str(operator).lower() not in _OPERATORS or not isinstance(pairs, Mapping) or len(pairs) != 1:
        return False
    ((key, values),) = pairs.items()
    return str(key).lower() == _KEY and any(str(value).lower() == "false" for value in _listed(values))


def _covers(pattern: Any, wanted: str) -> bool:
    """Whether a resource pattern matches all that `wanted` stands for: a `*` of that needs a `*` to match it."""
    parts = (".*" if letter == "*" else "[^*]" if letter == "?" else re.escape(letter) for letter in str(pattern))
    return re.fullmatch("".join(parts), wanted, re.DOTALL) is not None


def _appended(policy: str, statement: str) -> str:
    """The text with a statement at the end of its list; a single one becomes a list of two around its own bytes."""
    spans = [span for name, span in _members(policy) if name == "Statement"]
    if not spans:
        raise _unreadable("it has no statements")
    start, end = spans[-1]
    if policy[start] != "[":
        return f"{policy[:start]}[{policy[start:end]}, {statement}]{policy[end:]}"
    inside = policy[start + 1 : end - 1]
    kept = policy[: end - 1][: len(policy[: end - 1].rstrip(" \t\r\n"))]
    space = policy[len(kept) : end - 1]
    comma = ", " if inside.strip() else ""
    return f"{kept}{comma}{statement}{space}{policy[end - 1 :]}"


def _members(policy: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The members of the outermost object, each with the span of its value."""
    decoder = json.JSONDecoder()
    place = _after_space(policy, _after_space(policy, 0) + 1)
    while policy[place] != "}":
        name, place = decoder.raw_decode(policy, place)
        start = _after_space(policy, _after_space(policy, place) + 1)
        _, end = decoder.raw_decode(policy, start)
        yield name, (start, end)
        place = _after_space(policy, end)
        if policy[place] == ",":
            place = _after_space(policy, place + 1)


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    assert found is not None
    return found.end()


def _unreadable(why: str) -> PaybotError:
    return PaybotError("the bucket's policy cannot be read", why=why, hint="look at it: aws s3api get-bucket-policy")
