"""What the account's own limits would refuse half-way is refused before, with what to type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import pytest

from paybot_ops.adapters.session import Session
from paybot_ops.core.terraform_events import Phase, ResourceEvent
from paybot_ops.core.terraform_plan import TerraformPlan
from paybot_ops.errors import AwsError, PaybotError
from paybot_ops.operations.adoption import looked_up
from paybot_ops.operations.preflight import check_concurrency, check_logging_role
from paybot_ops.operations.target import Target
from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client
from tests.sandbox.lambda_world import zipped


@dataclass
class Screen:
    """Keeps what it is told."""

    said: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        self.said.append(text)


@dataclass
class Deployment:
    """As much of a target as the questions need."""

    session: Session
    region: str = "us-east-1"
    screen: Screen = field(default_factory=Screen)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        lambda_, iam = client(sandbox, "lambda"), client(sandbox, "iam")
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        code = {"ZipFile": zipped({"x.py": ""})}
        lambda_.create_function(FunctionName="f", Runtime="python3.13", Role=role, Handler="x.x", Code=code)
        lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=885)
        yield sandbox


@pytest.fixture
def deployment(sandbox: Sandbox) -> Iterator[Deployment]:
    yield Deployment(Session("us-east-1", sandbox.endpoint))
    sandbox.faults.replace([])


def reserve(deployment: Deployment, runs: int) -> None:
    check_concurrency(cast("Target", deployment), TerraformPlan(reserves_more=runs))


def test_what_the_account_can_spare_may_be_reserved(deployment: Deployment) -> None:
    reserve(deployment, 15)
    assert deployment.screen.said == []


def test_more_is_refused_with_what_why_and_what_to_type(deployment: Deployment) -> None:
    with pytest.raises(PaybotError) as caught:
        reserve(deployment, 20)
    assert caught.value.what == "the account cannot reserve 20 more concurrent runs of Lambda in us-east-1"
    assert caught.value.why == "115 of its 1000 are not reserved, and Lambda keeps 100 so"
    assert "reserved_concurrency = -1" in caught.value.hint
    assert "1005 or more" in caught.value.hint


def test_a_plan_that_reserves_nothing_more_asks_nothing(deployment: Deployment, sandbox: Sandbox) -> None:
    sandbox.faults.replace([Rule(service="lambda", status=500, code="ServiceException")])
    reserve(deployment, 0)
    with pytest.raises(AwsError):
        reserve(deployment, 1)


def test_who_may_not_ask_is_told_and_goes_on(deployment: Deployment, sandbox: Sandbox) -> None:
    message = "User: x is not authorized to perform: lambda:GetAccountSettings"
    sandbox.faults.replace([Rule(service="lambda", status=403, code="AccessDeniedException", message=message)])
    reserve(deployment, 20)
    assert "lambda:GetAccountSettings" in deployment.screen.said[0]


def test_a_logging_role_that_the_plan_makes_need_not_be_there(deployment: Deployment) -> None:
    target = cast("Target", deployment)
    with pytest.raises(PaybotError, match="no logging role") as caught:
        check_logging_role(target, TerraformPlan(turns_on_access_logs=True))
    assert "manage_api_logging_role = true" in caught.value.hint
    made = {"aws_api_gateway_account.logging[0]": {"cloudwatch_role_arn": None}}
    check_logging_role(target, TerraformPlan(turns_on_access_logs=True, wanted=made))


def test_a_web_acl_that_a_killed_apply_left_is_found_by_its_name(deployment: Deployment, sandbox: Sandbox) -> None:
    shown = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    plain = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": shown}
    made = client(sandbox, "wafv2").create_web_acl(Name="bot-web-acl-prod", **plain)["Summary"]["Id"]
    address = "aws_wafv2_web_acl.chat[0]"
    lost = [ResourceEvent(address, "create", Phase.STARTED)]

    def found(name: str) -> dict[str, str]:
        return looked_up(deployment.session, lost, TerraformPlan(wanted={address: {"name": name}}))

    assert found("bot-web-acl-prod") == {address: f"{made}/bot-web-acl-prod/REGIONAL"}
    assert found("another") == {}
