"""A policy as IAM takes it, and as a part of paybot's document."""

from __future__ import annotations

import json
from typing import Any

from paybot_ops.core.iam_policy import PolicyReport, count_characters


def policy_text(report: PolicyReport, part: int | None = None) -> str:
    """The policy, or one of its parts, as JSON; nothing where none is needed."""
    if report.is_empty:
        return ""
    return json.dumps(report.document if part is None else report.parts[part - 1], indent=2)


def policy_data(report: PolicyReport) -> dict[str, Any]:
    """The policy, and the same in documents that each fit into a managed policy."""
    return {
        "commands": list(report.commands),
        "policy": None if report.is_empty else report.document,
        "characters": 0 if report.is_empty else report.characters,
        "parts": [{"characters": count_characters(part), "policy": part} for part in report.parts],
    }
