"""Writing log events into moto's CloudWatch Logs as a service does: the stream is made, the group only if allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from paybot_ops.sandbox.part import Moto


def deliver(
    moto: Moto, region: str, group: str, stream: str, events: list[dict[str, Any]], *, role: str | None = None
) -> None:
    """Add events (`timestamp` in ms, `message`) to a stream.

    A missing group is made only for a role that may do so; otherwise the events are lost without an error, as on AWS.
    """
    with moto.backend("logs", region) as logs:
        if group not in logs.groups:
            if role is None or not _may_create_groups(moto, role):
                return
            logs.create_log_group(group, {})
        logs.ensure_log_stream(group, stream)
        logs.put_log_events(group, stream, events)


def _may_create_groups(moto: Moto, role_arn: str) -> bool:
    statements = list(_statements(moto, role_arn.rpartition("/")[2]))
    named = [one["Effect"] for one in statements if _names(one, "logs:CreateLogGroup")]
    return "Allow" in named and "Deny" not in named


def _statements(moto: Moto, role_name: str) -> Iterator[dict[str, Any]]:
    # IAM is global: moto keeps it under the partition's name.
    with moto.backend("iam", "aws") as iam:
        role = next((role for role in iam.roles.values() if role.name == role_name), None)
        if role is None:
            return
        documents = [*role.policies.values(), *(policy.document for policy in role.managed_policies.values())]
    for document in documents:
        statements = json.loads(document).get("Statement", [])
        yield from statements if isinstance(statements, list) else [statements]


def _names(statement: dict[str, Any], action: str) -> bool:
    actions = statement.get("Action", [])
    patterns = [actions] if isinstance(actions, str) else actions
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
