"""Guardrails on and off with the real terraform, twice each way, killed in between, and meddled with."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

import pytest

from paybot_ops.adapters.chat import send_message
from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.cli.paybot_world import Paybot, Ran, started, until
from tests.sandbox.aws_world import client
from tests.sandbox.iam_calls import Needs
from tests.sandbox.iam_evaluation import not_allowed

pytestmark = pytest.mark.terraform

MESSAGE = "I can't help with that."
EMAIL = "Please write to me at jo.doe@example.com"
OWN = '# my own\nproject_name = "pay"\n'


@pytest.fixture(scope="module")
def paybot(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Paybot:
    """A new user's workspace, reached through the standard variable. The tests of this file are its one story."""
    command = Paybot(tmp_path_factory.mktemp("guardrails"))
    assert command("init").code == 0
    (command.folder / "terraform/terraform.tfvars").write_text(OWN)
    command.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint
    sandbox.call_log.start()
    return command


def guardrails(sandbox: Sandbox) -> list[Any]:
    return list(client(sandbox, "bedrock").list_guardrails()["guardrails"])


def toggle(paybot: Paybot, verb: str, *more: str) -> Ran:
    return paybot("guardrails", verb, "--yes", "-o", "json", *more)


def say(paybot: Paybot, text: str) -> str:
    outputs = paybot("outputs", "-o", "json").document["data"]
    return send_message(outputs["chat_url"], text).response


def status(paybot: Paybot) -> tuple[int, list[str]]:
    ran = paybot("guardrails", "status", "--check", "-o", "json")
    assert ran.code in (0, 3), ran.err
    return ran.code, [item["what"] for item in ran.document["data"]["disagreements"]]


@pytest.mark.parametrize("time", ["first", pytest.param("second", marks=pytest.mark.faults)])
def test_on_it_stops_and_off_it_lets_pass(paybot: Paybot, sandbox: Sandbox, time: str) -> None:
    on = toggle(paybot, "enable")
    assert on.code == 0, on.err
    assert on.document["data"]["written"]
    assert status(paybot) == (0, [])
    probes = paybot("guardrails", "test")
    assert probes.code == 0, probes.out
    assert MESSAGE in say(paybot, EMAIL)
    assert sandbox.model_requests.listed()[-1]["guardrailConfig"]["guardrailVersion"] == "1"
    off = toggle(paybot, "disable")
    assert off.code == 0, off.err
    assert guardrails(sandbox) == []
    assert status(paybot) == (0, [])
    refused = paybot("guardrails", "test", "-o", "json")
    assert (refused.code, refused.document["status"]) == (3, "finding")
    assert "no guardrail is deployed" in refused.err
    assert MESSAGE not in say(paybot, EMAIL)
    assert "guardrailConfig" not in sandbox.model_requests.listed()[-1]


def test_the_user_s_own_file_was_never_touched(paybot: Paybot) -> None:
    """It is the real deployment's wish; that of the embedded AWS stands beside its copy."""
    assert (paybot.folder / "terraform/terraform.tfvars").read_text() == OWN
    assert "enable_bedrock_guardrails = false" in (paybot.folder / ".paybot/sandbox/overrides.tfvars").read_text()


def killed_during(paybot: Paybot, sandbox: Sandbox, verb: str, operation: str) -> None:
    sandbox.faults.replace([Rule(service="bedrock", operation=operation, delay_seconds=2, times=1)])
    running = started(paybot, "guardrails", verb, "--yes")
    until(lambda: bool(sandbox.faults.listed()[0]["hits"]), f"{operation} is under way", seconds=180)
    child = subprocess.run(["pgrep", "-P", str(running.pid), "terraform"], capture_output=True, text=True, check=True)
    subprocess.run(["kill", f"-{signal.SIGKILL.value}", child.stdout.split()[0]], check=True)
    _out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "killed by signal 9" in err


@pytest.mark.faults
def test_killed_while_it_is_made_and_run_again(paybot: Paybot, sandbox: Sandbox) -> None:
    killed_during(paybot, sandbox, "enable", "CreateGuardrail")
    until(lambda: len(guardrails(sandbox)) == 1, "Bedrock ends the creation that nobody waits for")
    again = toggle(paybot, "enable")
    assert again.code == 0, again.err
    assert "taken into the state" in again.err
    assert not again.document["data"]["written"]  # the first run had written the wish
    assert len(guardrails(sandbox)) == 1
    assert status(paybot) == (0, [])
    assert paybot("guardrails", "test").code == 0
    assert paybot("deploy", "--check").code == 0


@pytest.mark.faults
def test_killed_while_it_goes_and_while_its_version_is_made(paybot: Paybot, sandbox: Sandbox) -> None:
    killed_during(paybot, sandbox, "disable", "DeleteGuardrail")
    until(lambda: guardrails(sandbox) == [], "Bedrock ends the deletion")
    assert toggle(paybot, "disable").code == 0
    assert status(paybot) == (0, [])
    killed_during(paybot, sandbox, "enable", "CreateGuardrailVersion")
    assert toggle(paybot, "enable").code == 0
    assert status(paybot) == (0, [])


def test_other_policies_make_another_version_and_the_old_one_stays(paybot: Paybot, sandbox: Sandbox) -> None:
    assert toggle(paybot, "enable").code == 0
    before = paybot("guardrails", "status", "-o", "json").document["data"]["version"]
    ran = toggle(
        paybot, "enable", "--pii", "mask", "--word", "banana split", "--topic", "Gift cards=Buying gift cards."
    )
    assert ran.code == 0, ran.err
    data = paybot("guardrails", "status", "-o", "json").document["data"]
    assert (int(data["version"]), data["disagreements"]) == (int(before) + 1, [])
    [item] = guardrails(sandbox)
    listed = client(sandbox, "bedrock").list_guardrails(guardrailIdentifier=item["id"])["guardrails"]
    assert {before, data["version"]} <= {version["version"] for version in listed}
    rows = paybot("guardrails", "test", "-o", "json").document["data"]["probes"]
    acts = {row["probe"]: (row["actual"], row["result"]) for row in rows}
    assert acts["e-mail address"] == ("mask", "ok")
    assert acts["a word of yours"] == ("block", "ok")
    assert paybot("deploy", "--check").code == 0


def test_cases_of_one_s_own(paybot: Paybot) -> None:
    cases = [
        {"name": "gift cards", "text": "Can I buy a gift card?", "expect": "block"},
        {"name": "[red]wrong[/red]", "text": "canary-7f3a", "expect": "block"},
    ]
    (paybot.folder / "cases.json").write_text(json.dumps(cases))
    ran = paybot("guardrails", "test", "--case", "cases.json")
    assert ran.code == 3
    assert "[red]wrong[/red]" in ran.out
    assert "canary" not in ran.out + ran.err
    rows = paybot("guardrails", "test", "--case", "cases.json", "-o", "csv").out.splitlines()
    assert rows[0] == "probe,through,expected,actual,by,result"
    assert "gift cards,guardrail,block,block,topic,ok" in rows
    assert rows[-1].endswith("FAILED")


def test_a_card_number_never_reaches_the_model(paybot: Paybot, sandbox: Sandbox) -> None:
    ran = paybot("guardrails", "test", "--through-bot", "-o", "json")
    rows = {row["probe"]: row for row in ran.document["data"]["probes"] if row["through"] == "bot"}
    assert rows["card number: never reaches the model"]["result"] == "ok"
    assert rows["harmless: greets"]["result"] == "ok"
    assert "4242" not in json.dumps(sandbox.model_requests.listed())


def test_a_social_security_number_gets_as_far_as_the_guardrail(paybot: Paybot) -> None:
    assert toggle(paybot, "enable", "--pii", "block").code == 0
    assert paybot("guardrails", "test", "--through-bot").code == 0


def test_what_was_meddled_with_is_named_and_a_deploy_mends_it(paybot: Paybot, sandbox: Sandbox) -> None:
    outputs = paybot("outputs", "-o", "json").document["data"]
    [item] = guardrails(sandbox)
    bedrock = client(sandbox, "bedrock")
    bedrock.update_guardrail(
        guardrailIdentifier=item["id"],
        name=item["name"],
        blockedInputMessaging="Other.",
        blockedOutputsMessaging="Other.",
        wordPolicyConfig={"wordsConfig": [{"text": "x"}]},
    )
    assert status(paybot) == (3, ["the draft was changed outside Terraform; the pinned version is what is used"])
    for policy in ("pay-lambda-guardrails-dev", "pay-lambda-guardrail-only-dev"):
        client(sandbox, "iam").delete_role_policy(RoleName="pay-lambda-role-dev", PolicyName=policy)
    assert "the role has no policy for the guardrail" in status(paybot)[1]
    earlier = str(int(outputs["lambda_version"]) - 1)
    client(sandbox, "lambda").update_alias(
        FunctionName=outputs["lambda_function_name"], Name=outputs["lambda_alias"], FunctionVersion=earlier
    )
    assert any(f"version {earlier} of the function uses version" in what for what in status(paybot)[1])
    assert paybot("deploy", "--yes").code == 0
    assert status(paybot) == (0, [])


def test_a_throttled_guardrail_holds_no_payment_up(paybot: Paybot, sandbox: Sandbox) -> None:
    throttled = Rule(service="bedrock", operation="Converse", status=429, code="ThrottlingException")
    sandbox.faults.replace([throttled])
    try:
        chat_url = paybot("outputs", "-o", "json").document["data"]["chat_url"]
        session = send_message(chat_url, "I want to pay").session_id
        answers = [send_message(chat_url, text, session_id=session).response for text in ("Jo Doe", "help")]
        assert sandbox.faults.listed()[0]["hits"]
        assert all(answers)
        assert MESSAGE not in "".join(answers)
    finally:
        sandbox.faults.replace([])


def test_a_probe_that_is_throttled_is_no_verdict(paybot: Paybot, sandbox: Sandbox) -> None:
    sandbox.faults.replace(
        [Rule(service="bedrock", operation="ApplyGuardrail", status=429, code="ThrottlingException")]
    )
    try:
        ran = paybot("guardrails", "test")
    finally:
        sandbox.faults.replace([])
    assert ran.code == 1
    assert "Throttling" in ran.err


@pytest.mark.faults
def test_a_guardrail_that_is_gone_is_made_again(paybot: Paybot, sandbox: Sandbox) -> None:
    [item] = guardrails(sandbox)
    client(sandbox, "bedrock").delete_guardrail(guardrailIdentifier=item["id"])
    code, found = status(paybot)
    assert (code, len(found)) == (3, 1)
    assert "gone from Bedrock" in found[0]
    gone = paybot("guardrails", "test")
    assert gone.code == 3
    assert "paybot deploy" in gone.err
    assert say(paybot, "Hello")  # the payment goes on without the model
    assert paybot("deploy", "--yes").code == 0
    assert status(paybot) == (0, [])
    assert toggle(paybot, "disable").code == 0
    assert status(paybot) == (0, [])


def test_all_that_was_called_is_allowed_by_the_policies_of_these_commands(paybot: Paybot, sandbox: Sandbox) -> None:
    policy = paybot("iam-policy", "guardrails", "deploy", "-o", "json").document["data"]["policy"]
    calls = [call for call in sandbox.call_log.listed() if call.caller == "sandbox"]
    assert {"CreateGuardrail", "UpdateGuardrail", "DeleteGuardrail"} <= {call.operation for call in calls}
    assert not_allowed(Needs(client(sandbox, "kms")).of(calls), policy) == []
