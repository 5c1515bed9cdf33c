"""The whole road with the real terraform and provider: deploy, change, guard, destroy, deploy again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from paybot_ops.sandbox import process
from tests.cli.paybot_world import Paybot, Ran
from tests.sandbox.chat_world import post
from tests.sandbox.iam_calls import Needs, begin_recording, recorded_calls
from tests.sandbox.iam_evaluation import not_allowed

pytestmark = pytest.mark.terraform


@pytest.fixture(scope="module")
def paybot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paybot]:
    """A new user's workspace, with an embedded AWS of its own. The tests of this file are its one story, in order."""
    folder = tmp_path_factory.mktemp("story")
    command = Paybot(folder)
    assert command("init").code == 0
    assert command("sandbox", "start").code == 0
    begin_recording(endpoint_of(command))
    yield command
    assert command("sandbox", "stop").code == 0
    assert process.find(folder) is None
    assert not (folder / ".paybot/sandbox/terraform").exists()


def endpoint_of(paybot: Paybot) -> str:
    running = process.find(paybot.folder)
    assert running is not None
    return running.endpoint


@pytest.fixture
def aws(paybot: Paybot) -> Any:
    """An independent client of the same embedded AWS."""
    running = process.find(paybot.folder)
    assert running is not None

    def client(service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=running.endpoint,
            region_name=running.region,
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )

    return client


def set_variables(paybot: Paybot, **values: str) -> None:
    text = "".join(f"{name} = {value}\n" for name, value in values.items())
    (paybot.folder / "terraform/terraform.tfvars").write_text(text)


def deploy(paybot: Paybot, *more: str) -> Ran:
    return paybot("deploy", "--sandbox", "--yes", "--output", "json", *more)


def verbs(ran: Ran) -> dict[str, str]:
    return {change["address"]: change["verb"] for change in ran.document["data"]["plan"]["changes"]}


def test_a_first_look_shows_everything_and_changes_nothing(paybot: Paybot, aws: Any) -> None:
    ran = deploy(paybot, "--dry-run")
    assert ran.code == 0, ran.err
    assert set(verbs(ran).values()) == {"add"}
    assert not ran.document["data"]["applied"]
    assert aws("dynamodb").list_tables()["TableNames"] == []
    assert deploy(paybot, "--check").code == 3


def test_it_deploys_and_the_bot_answers(paybot: Paybot) -> None:
    ran = deploy(paybot)
    assert ran.code == 0, ran.err
    data = ran.document["data"]
    assert data["applied"]
    assert {step["outcome"] for step in data["result"]} == {"done"}
    assert data["smoke"]["response"]
    # Nothing of Terraform's own noise: a line per resource, and no secret of the plan.
    assert "aws_lambda_function.bot: created" in ran.err
    assert "Terraform will perform" not in ran.err
    assert not list(paybot.folder.glob(".paybot/sandbox/terraform/.terraform/*.tfplan"))


def test_the_published_version_says_who_deployed_what_and_when(paybot: Paybot, aws: Any) -> None:
    name = paybot("outputs", "--sandbox", "-o", "json").document["data"]["lambda_function_name"]
    description = aws("lambda").get_function(FunctionName=name, Qualifier="live")["Configuration"]["Description"]
    assert description.startswith("commit ")
    assert "arn:aws:" in description
    assert "20" in description.rpartition(" at ")[2]


def test_a_second_deploy_applies_nothing_and_says_so(paybot: Paybot) -> None:
    ran = deploy(paybot)
    assert ran.code == 0
    assert "no changes" in ran.err
    assert not ran.document["data"]["applied"]
    assert "terraform init" not in ran.err
    assert deploy(paybot, "--check").code == 0


def test_the_deployed_code_is_that_of_the_sources_until_they_change(paybot: Paybot) -> None:
    assert paybot("package", "--check", "--sandbox").code == 0
    handler = paybot.folder / "lambda/payment_bot/handler.py"
    before = handler.read_text()
    handler.write_text(before + "\n# changed\n")
    ran = paybot("package", "--check", "--sandbox", "-o", "json")
    assert ran.code == 3
    assert ran.document["data"]["differs"]
    handler.write_text(before)
    assert paybot("package", "--check", "--sandbox").code == 0


@pytest.mark.faults
def test_guardrails_go_on_and_off_again(paybot: Paybot, aws: Any) -> None:
    assert deploy(paybot).code == 0  # run by itself, it begins with nothing
    set_variables(paybot, enable_bedrock_guardrails="true", lambda_memory_mb="1024")
    pending = deploy(paybot, "--check")
    assert pending.code == 3
    changes = {change["address"]: change for change in pending.document["data"]["plan"]["changes"]}
    assert changes["aws_lambda_function.bot"]["verb"] == "change"
    memory = [item for item in changes["aws_lambda_function.bot"]["attributes"] if item["name"] == "memory_size"]
    assert memory == [{"name": "memory_size", "before": "512", "after": "1024", "forces": False}]
    ran = deploy(paybot)
    assert ran.code == 0, ran.err
    assert ran.document["data"]["smoke"]["response"]
    assert len(aws("bedrock").list_guardrails()["guardrails"]) == 1
    assert deploy(paybot, "--check").code == 0
    set_variables(paybot)
    assert deploy(paybot).code == 0
    assert aws("bedrock").list_guardrails()["guardrails"] == []
    assert deploy(paybot, "--check").code == 0


def test_access_logs_need_the_account_s_logging_role(paybot: Paybot, aws: Any) -> None:
    closed = {"require_api_key": "true", "api_authorization": '"AWS_IAM"'}
    set_variables(paybot, enable_api_access_logs="true", **closed)
    refused = deploy(paybot)
    assert refused.code == 1
    assert "no logging role" in refused.err
    assert "enable_api_access_logs = false" in refused.err
    role = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::123456789012:role/api-logs"}
    aws("apigateway").update_account(patchOperations=[role])
    ran = deploy(paybot)
    assert ran.code == 0, ran.err
    outputs = ran.document["data"]["outputs"]
    # A stranger gets no answer; paybot's own message was signed and carried the key, which nothing shows.
    assert post(outputs["chat_url"]) == (403, "forbidden")
    key = aws("apigateway").get_api_key(apiKey=outputs["api_key_id"], includeValue=True)["value"]
    assert key not in ran.out + ran.err
    events = aws("logs").filter_log_events(logGroupName=outputs["api_access_log_group"])["events"]
    lines = [json.loads(event["message"]) for event in events]
    assert [(line["status"], line["apiKeyId"]) for line in lines] == [("200", outputs["api_key_id"]), ("403", "-")]
    assert key not in str(events)
    assert "Hello" not in str(events)
    set_variables(paybot)
    assert deploy(paybot).code == 0


def test_losing_data_needs_its_own_flag(paybot: Paybot, aws: Any) -> None:
    set_variables(paybot, project_name='"another-name"')
    ran = deploy(paybot)
    assert ran.code == 2
    assert "--allow-data-loss" in ran.err
    assert "aws_dynamodb_table.sessions" in ran.err
    assert "DATA LOSS" in ran.err
    set_variables(paybot)
    assert deploy(paybot, "--check").code == 0


def refused(paybot: Paybot, aws: Any, command: str) -> list[str]:
    """What paybot and the provider have called since the recording began, and the command's policy does not allow."""
    policy = paybot("iam-policy", command, "--sandbox", "-o", "json").document["data"]["policy"]
    calls = [call for call in recorded_calls(endpoint_of(paybot)) if call.caller == "sandbox"]
    assert len(calls) > 100
    return not_allowed(Needs(aws("kms")).of(calls), policy)


def test_the_policy_of_deploy_allows_all_that_was_called(paybot: Paybot, aws: Any) -> None:
    assert refused(paybot, aws, "deploy") == []


def test_destroying_asks_and_looking_destroys_nothing(paybot: Paybot, aws: Any) -> None:
    assert paybot("destroy", "--sandbox").code == 4
    assert paybot("destroy", "--sandbox", "--yes").code == 2
    looked = paybot("destroy", "--sandbox", "--dry-run", "-o", "json")
    assert looked.code == 0
    assert set(verbs(looked).values()) == {"destroy"}
    assert len(aws("dynamodb").list_tables()["TableNames"]) == 1


def test_destroyed_and_deployed_again(paybot: Paybot, aws: Any) -> None:
    begin_recording(endpoint_of(paybot))
    ran = paybot("destroy", "--sandbox", "--yes", "--allow-data-loss", "-o", "json")
    assert ran.code == 0, ran.err
    assert refused(paybot, aws, "destroy") == []
    assert aws("dynamodb").list_tables()["TableNames"] == []
    assert aws("apigateway").get_rest_apis()["items"] == []
    assert paybot("outputs", "--sandbox").code == 1
    assert paybot("destroy", "--sandbox", "--yes", "--allow-data-loss").code == 0
    again = deploy(paybot)
    assert again.code == 0, again.err
    assert again.document["data"]["smoke"]["response"]


def test_the_user_s_own_directory_was_never_touched(paybot: Paybot) -> None:
    own = {path.name for path in (paybot.folder / "terraform").iterdir()}
    assert not own & {"terraform.tfstate", ".terraform", ".terraform.lock.hcl", "paybot_sandbox_override.tf"}


def test_the_module_is_plain_terraform(paybot: Paybot) -> None:
    module = Path(paybot.folder / "terraform")
    assert not (module / ".terraform.lock.hcl").exists()
    assert not (module / "backend.tf").exists()
