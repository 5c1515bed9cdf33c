"""A policy as IAM takes it, and as a part of paybot's document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from paybot_ops.core.iam_policy import PolicyReport, count_characters


def policy_text(report: PolicyReport, part: int | None = None) -> str:
    """The policy, or one of its parts, as JSON; nothing where none is needed."""
    if report.is_empty:
        return ""
    return json.dumps(_asked(report, part), indent=2)


def policy_data(report: PolicyReport, part: int | None = None) -> dict[str, Any]:
    """The policy, or the part that was asked for; and the whole in documents that each fit into a managed policy."""
    policy = None if report.is_empty else _asked(report, part)
    return {
        "commands": list(report.commands),
        "policy": policy,
        "characters": 0 if policy is None else count_characters(policy),
        "parts": [{"characters": count_characters(part), "policy": part} for part in report.parts],
    }


def _asked(report: PolicyReport, part: int | None) -> Mapping[str, Any]:
    return report.document if part is None else report.parts[part - 1]
