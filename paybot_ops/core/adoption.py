"""After a Terraform that was killed: the resources it had begun to create and may have left outside its state.

Terraform records a resource when its creation returns. Killed in between, it leaves a resource that exists and that
the next apply tries to create again, which AWS refuses. Those that have a name of their own are found by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from paybot_ops.core.terraform_events import ResourceEvent
from paybot_ops.core.terraform_plan import TerraformPlan

# The attributes that make up the id that `terraform import` takes, where they are known before the creation
# (Terraform Registry, AWS provider: the Import section of each resource).
_ID_PARTS: Mapping[str, tuple[str, ...]] = {
    "aws_cloudwatch_dashboard": ("dashboard_name",),
    "aws_cloudwatch_log_group": ("name",),
    "aws_cloudwatch_log_resource_policy": ("policy_name",),
    "aws_cloudwatch_metric_alarm": ("alarm_name",),
    "aws_dynamodb_table": ("name",),
    "aws_iam_role": ("name",),
    "aws_iam_role_policy": ("role", "name"),
    "aws_kms_alias": ("name",),
    "aws_lambda_alias": ("function_name", "name"),
    "aws_lambda_function": ("function_name",),
    "aws_s3_bucket": ("bucket",),
}
_SEPARATORS = {"aws_iam_role_policy": ":"}


def importable(lost: Iterable[ResourceEvent], plan: TerraformPlan) -> dict[str, str]:
    """Address to import id of what was being created, is to be created again, and can be found by its name."""
    found: dict[str, str] = {}
    for event in lost:
        wanted = plan.wanted.get(event.address)
        if event.verb == "create" and wanted is not None:
            identifier = _identifier(event.address, wanted)
            if identifier is not None:
                found[event.address] = identifier
    return found


def nameless(lost: Iterable[ResourceEvent], plan: TerraformPlan) -> tuple[str, ...]:
    """The addresses of what was being created and has no name to be found by: a person must look for a stray one."""
    known = importable(lost, plan)
    return tuple(
        event.address
        for event in lost
        if event.verb == "create" and event.address in plan.wanted and event.address not in known
    )


def _identifier(address: str, wanted: Mapping[str, Any]) -> str | None:
    kind = type_of(address)
    parts = [wanted.get(name) for name in _ID_PARTS.get(kind, ())]
    if not parts or not all(isinstance(part, str) and part for part in parts):
        return None
    return _SEPARATORS.get(kind, "/").join(str(part) for part in parts)


def type_of(address: str) -> str:
    """The resource type in an address: `module.a["b"].aws_x.name["k"]` is an `aws_x`."""
    head = address.partition("[")[0] if not address.startswith("module.") else address
    return next((part for part in head.split(".") if part.startswith("aws_")), "")
