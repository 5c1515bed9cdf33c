"""After a kill: what can be taken back by its name, and what a person must look for."""

from __future__ import annotations

from paybot_ops.core.adoption import importable, nameless
from paybot_ops.core.terraform_events import Phase, ResourceEvent
from paybot_ops.core.terraform_plan import TerraformPlan


def lost(*addresses: str, verb: str = "create") -> list[ResourceEvent]:
    return [ResourceEvent(address, verb, Phase.STARTED) for address in addresses]


PLAN = TerraformPlan(
    wanted={
        "aws_iam_role.r": {"name": "role"},
        'aws_iam_role_policy.p["logs"]': {"role": "role", "name": "logs"},
        "aws_lambda_alias.live": {"function_name": "f", "name": "live"},
        "aws_cloudwatch_log_resource_policy.waf[0]": {"policy_name": "aws-waf-logs-p"},
        "aws_kms_key.k": {},
        "aws_iam_role_policy.late": {"role": None, "name": "x"},
    }
)


def test_named_resources_have_the_id_that_import_takes() -> None:
    policy = "aws_cloudwatch_log_resource_policy.waf[0]"
    events = lost("aws_iam_role.r", 'aws_iam_role_policy.p["logs"]', "aws_lambda_alias.live", policy)
    assert importable(events, PLAN) == {
        "aws_iam_role.r": "role",
        'aws_iam_role_policy.p["logs"]': "role:logs",
        "aws_lambda_alias.live": "f/live",
        policy: "aws-waf-logs-p",
    }


def test_what_has_no_name_is_for_a_person_to_look_for() -> None:
    events = lost("aws_kms_key.k", "aws_iam_role_policy.late", "aws_iam_role.r")
    assert nameless(events, PLAN) == ("aws_kms_key.k", "aws_iam_role_policy.late")


def test_what_is_in_the_state_by_now_and_what_was_not_a_creation_is_left_alone() -> None:
    assert importable(lost("aws_iam_role.already_there"), PLAN) == {}
    assert importable(lost("aws_iam_role.r", verb="delete"), PLAN) == {}
