"""An alarm that tells nobody. checkov asks only whether actions are switched off (CKV_AWS_319)."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class AlarmTellsSomebody(BaseResourceCheck):  # type: ignore[misc]
    """Security Hub's CloudWatch.15: an alarm has an action for its ALARM state."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure an alarm has an action for its ALARM state",
            id="CKV_PAYBOT_1",
            categories=[CheckCategories.LOGGING],
            supported_resources=["aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"],
        )

    def scan_resource_conf(self, conf: dict[str, list[Any]]) -> CheckResult:
        """Passed, when something stands in `alarm_actions`; checkov wraps each argument into a list."""
        actions = conf.get("alarm_actions", [None])[0]
        return CheckResult.PASSED if actions else CheckResult.FAILED


check = AlarmTellsSomebody()
