"""`paybot doctor`: what is well, what is not and what mends it, and that no check spoils another."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.cli import run
from paybot_ops.operations.doctor.table import CHECKS
from paybot_ops.sandbox.faults import Rule
from paybot_ops.screen import Screen
from tests.cli.conftest import undisturbed
from tests.cli.doctor_world import KEY, SERVICES, Patient
from tests.cli.paybot_world import Ran
from tests.cli.state_world import WatchedSandbox
from tests.sandbox.aws_world import client

_numbers = itertools.count()
NAMES = [check.name for check in CHECKS]
LIVE = "sk_live_" + "L" * 20 + "1234"
ACTIONS = {
    "model": "bedrock:GetFoundationModel",
    "model-access": "bedrock:GetFoundationModelAvailability",
    "inference-profile": "bedrock:GetInferenceProfile",
    "model-quota": "bedrock:GetFoundationModel",
    "invocation-logging": "bedrock:GetModelInvocationLoggingConfiguration",
    "state": "s3:GetObject",
    "state-secrets": "s3:GetObject",
    "stripe-key": "s3:GetObject",
    "guardrail": "s3:GetObject",
    "alarms": "cloudwatch:DescribeAlarms",
    "alarm-delivery": "cloudwatch:DescribeAlarms",
    "lambda-concurrency": "lambda:GetAccountSettings",
    "api-limits": "apigateway:GET",
}


@pytest.fixture(autouse=True)
def embedded(sandbox: WatchedSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    yield
    undisturbed(sandbox)


def _made(sandbox: WatchedSandbox, folder: Path) -> Patient:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
        return Patient(sandbox, folder, f"well-{next(_numbers)}")


@pytest.fixture(scope="module")
def well(sandbox: WatchedSandbox, tmp_path_factory: pytest.TempPathFactory) -> Patient:
    """A healthy deployment with its state in a bucket, for tests that only look."""
    return _made(sandbox, tmp_path_factory.mktemp("well") / "shop")


@pytest.fixture(scope="module")
def mendable(sandbox: WatchedSandbox, tmp_path_factory: pytest.TempPathFactory) -> Patient:
    """Another one, which a test spoils first."""
    return _made(sandbox, tmp_path_factory.mktemp("mendable") / "shop")


@pytest.fixture
def local(sandbox: WatchedSandbox, tmp_path: Path) -> Patient:
    """One with a state beside the module, for a test to do with as it likes."""
    return Patient(sandbox, tmp_path / "shop", f"home-{next(_numbers)}", remote=False)


def here(*arguments: str) -> Ran:
    """Run it in this process and in the folder that is the current one."""
    out, err = io.StringIO(), io.StringIO()
    code = run(arguments, Screen(stdout=out, stderr=err, stdin=io.StringIO()))
    return Ran(code, out.getvalue(), err.getvalue())


# -- what it says ------------------------------------------------------------------------------------------------------


def test_a_healthy_deployment(well: Patient) -> None:
    ran = well("doctor", "--output", "json")
    text = re.sub(r"Terraform \d+\.\d+\.\d+", "Terraform X", ran.out).replace(well.project, "PROJECT")
    document = json.loads(text)
    assert (ran.code, document["status"], document["warnings"], document["error"]) == (0, "ok", [], None)
    data = document["data"]
    assert data["counts"] == {"pass": len(NAMES), "warn": 0, "fail": 0, "skipped": 0}
    assert (data["changes"], data["result"]) == ([], [])
    assert [item["check"] for item in data["checks"]] == NAMES
    assert {item["check"]: item["what"] for item in data["checks"]} == {
        "terraform": "Terraform X",
        "credentials": "none are needed: the embedded AWS, account 123456789012",
        "region": "us-east-1, from the deployment's aws_region",
        "clock": "within 1 s of AWS's",
        "variables": "read from terraform.tfvars",
        "files": "1 file, closed to others",
        "file-secrets": "none in 2 files",
        "initialized": "terraform init was run",
        "state": "s3://PROJECT-terraform-state-123456789012/PROJECT/dev/terraform.tfstate: serial 7, 1 resources",
        "state-home": "PROJECT-terraform-state-123456789012: 15 settings are as they should be",
        "state-secrets": "none in the state",
        "model": "us.amazon.nova-micro-v1:0 is active, no end announced",
        "model-access": "amazon.nova-micro-v1:0 may be called",
        "inference-profile": "us.amazon.nova-micro-v1:0 is active",
        "model-quota": "2,000 calls a minute; 4,000,000 tokens a minute; 5,760,000,000 tokens a day",
        "invocation-logging": "model calls are not logged",
        "guardrail": "off, as it is wanted",
        "stripe-key": "a restricted key in test mode, …5678, 0 days old",
        "alarms": "1 alarm, each of which tells somebody",
        "alarm-delivery": "1 confirmed subscriber",
        "lambda-concurrency": "1,000 functions at once, 1,000 of them not reserved",
        "api-limits": "10,000 requests a second, 5,000 at once",
    }
    assert data["checks"][11]["details"] == ["us.amazon.nova-micro-v1:0: $0.035 in and $0.14 out per million tokens"]
    assert set(data["checks"][0]) == {"check", "status", "what", "details", "cure", "missing_iam_action"}


def test_looking_changes_nothing(well: Patient) -> None:
    before = {path: path.read_bytes() for path in well.folder.rglob("*") if path.is_file()}
    well.sandbox.calls.clear()
    assert well("doctor").code == 0
    assert before == {path: path.read_bytes() for path in well.folder.rglob("*") if path.is_file()}
    assert not [
        call for call in well.sandbox.calls if not call.operation.startswith(("Get", "List", "Describe", "Head"))
    ]


def test_each_failure_says_what_mends_it_and_no_secret_is_shown(local: Patient) -> None:
    local.write_state(environment=[{"variables": {"STRIPE": LIVE}}])
    local.tfvars.write_text(
        f'project_name = "{local.project}"\nnickname = "{LIVE}"\n'
        'bedrock_model_id = "us.meta.llama3-2-1b-instruct-v1:0"\n'
        'card_collection = "chat"\nenable_bedrock_guardrails = true\nreserved_concurrency = 950\n'
    )
    local.tfvars.chmod(0o644)
    local.put_alarm()
    client(local.sandbox, "secretsmanager").put_secret_value(SecretId=local.secret, SecretString="changeme")
    bedrock = client(local.sandbox, "bedrock")
    logged = {"textDataDeliveryEnabled": True, "s3Config": {"bucketName": "logs"}}
    bedrock.put_model_invocation_logging_configuration(loggingConfig=logged)
    try:
        ran = local("doctor", "--output", "json")
    finally:
        bedrock.delete_model_invocation_logging_configuration()
    assert ran.code == 3
    assert ran.document["status"] == "finding"
    found = {item["check"]: item for item in ran.document["data"]["checks"]}
    failing = {
        "file-secrets": "terraform.tfvars:2 holds Stripe's secret key sk_live_…1234",
        "state-secrets": "aws_lambda_function.bot environment[0].variables.STRIPE holds Stripe's secret key",
        "model": "ended on 2026-07-07",
        "invocation-logging": "recorded in clear in the bucket logs",
        "guardrail": "wanted, and not deployed",
        "stripe-key": "what is stored is no Stripe key",
        "alarms": "notifies nobody when it fires",
        "lambda-concurrency": "would refuse reserved_concurrency = 950",
    }
    for name, words in failing.items():
        assert found[name]["status"] == "fail", name
        assert words in " ".join((found[name]["what"], *found[name]["details"]))
    assert {name for name, item in found.items() if item["status"] == "warn"} == {"variables", "files", "state"}
    assert all(item["cure"] for item in found.values() if item["status"] in ("warn", "fail"))
    assert "us.amazon.nova-micro-v1:0: $0.035 in" in " ".join(found["model"]["details"])
    assert LIVE not in ran.out + ran.err
    assert KEY not in ran.out + ran.err


def test_a_bot_that_asks_for_cards_in_the_chat_must_not_be_recorded(local: Patient) -> None:
    """A module without the switch is a hand-built one."""
    bedrock = client(local.sandbox, "bedrock")
    bedrock.put_model_invocation_logging_configuration(loggingConfig={"s3Config": {"bucketName": "logs"}})
    only = ("--only", "invocation-logging")
    try:
        assert local.checks(*only)["invocation-logging"]["status"] == "warn"
        main = local.folder / "main.tf"
        main.write_text("".join(line for line in main.open() if "card_collection" not in line))
        assert local.checks(*only)["invocation-logging"]["status"] == "fail"
    finally:
        bedrock.delete_model_invocation_logging_configuration()


def test_an_environment_is_looked_at_by_its_own_variables(local: Patient) -> None:
    (local.folder / "staging.tfvars").write_text(
        'environment = "staging"\nbedrock_model_id = "amazon.nova-nano-v1:0"\n'
    )
    found = local.checks("--env", "staging", "--only", "model", "--only", "variables")
    assert found["variables"]["what"] == "read from terraform.tfvars, staging.tfvars"
    assert found["model"]["what"] == "Bedrock knows no model amazon.nova-nano-v1:0 in us-east-1"
    assert local("doctor", "--env", "nowhere").code == 2


def test_a_live_key_in_the_embedded_aws_and_a_secret_that_is_gone(local: Patient) -> None:
    manager = client(local.sandbox, "secretsmanager")
    manager.put_secret_value(SecretId=local.secret, SecretString=LIVE)
    found = local.checks("--only", "stripe-key")["stripe-key"]
    assert found["status"] == "fail"
    assert "does not belong in the embedded AWS" in found["what"]
    manager.delete_secret(SecretId=local.secret, ForceDeleteWithoutRecovery=True)
    found = local.checks("--only", "stripe-key")["stripe-key"]
    assert (found["status"], found["cure"]) == ("fail", "paybot deploy --check")


def test_a_state_of_another_account_and_one_that_cannot_be_read(local: Patient) -> None:
    local.write_state(arn="arn:aws:lambda:us-east-1:999999999999:function:bot")
    found = local.checks("--only", "state")["state"]
    assert (found["status"], "account 999999999999" in found["what"]) == ("fail", True)
    (local.copy / "terraform.tfstate").write_text("{")
    found = local.checks("--only", "state", "--only", "state-secrets", "--only", "guardrail")
    assert {item["status"] for item in found.values()} == {"fail"}


def test_nothing_is_deployed_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.tf").write_text('variable "project_name" { default = "fresh" }\n')
    monkeypatch.chdir(tmp_path)
    ran = here("doctor", "-o", "json")
    found = {item["check"]: item["status"] for item in ran.document["data"]["checks"]}
    assert ran.code == 0
    assert {name for name, status in found.items() if status == "skipped"} == {
        *("files", "state", "state-home", "state-secrets", "model", "model-access", "inference-profile"),
        *("model-quota", "guardrail", "stripe-key", "alarms", "alarm-delivery"),
    }


# -- what does not answer ----------------------------------------------------------------------------------------------


def test_what_may_not_be_asked_is_a_warning_that_names_the_iam_action(well: Patient) -> None:
    well.refuse("AccessDeniedException", 403, *SERVICES)
    ran = well("doctor", "--output", "json")
    found = {item["check"]: item for item in ran.document["data"]["checks"]}
    assert ran.code == 0
    assert {name: found[name]["missing_iam_action"] for name in ACTIONS} == ACTIONS
    assert {found[name]["status"] for name in (*ACTIONS, "state-home")} == {"warn"}
    assert all(found[name]["status"] == "pass" for name in ("terraform", "credentials", "variables", "file-secrets"))


def test_a_single_right_that_is_missing_takes_nothing_else_away(local: Patient) -> None:
    local.sandbox.faults.replace([Rule("sns", status=403, code="AuthorizationError")])
    found = local.checks()
    assert {name for name, item in found.items() if item["status"] == "warn"} == {"state", "alarms", "alarm-delivery"}
    assert "sns:ListSubscriptionsByTopic" in " ".join(found["alarms"]["details"])
    assert found["alarm-delivery"]["missing_iam_action"] == "sns:ListSubscriptionsByTopic"


def test_throttled(local: Patient) -> None:
    local.refuse("ThrottlingException", 429, "bedrock")
    found = local.checks("--only", "model", "--only", "model-access", "--only", "stripe-key")
    assert [found[name]["status"] for name in ("model", "model-access", "stripe-key")] == ["warn", "warn", "pass"]
    assert "AWS is throttling" in found["model"]["what"]
    assert found["model"]["cure"] == "run the same again later"


def test_what_hangs_does_not_hold_up_the_rest(local: Patient) -> None:
    local.sandbox.faults.replace([Rule("bedrock", "GetInferenceProfile", delay_seconds=5)])
    started = time.monotonic()
    found = local.checks("--timeout", "2", "--only", "inference-profile", "--only", "model-access")
    assert time.monotonic() - started < 4
    assert [found[name]["status"] for name in ("model-access", "inference-profile")] == ["pass", "warn"]
    assert found["inference-profile"]["what"].startswith("not checked: ")


def test_without_credentials_what_is_local_is_still_checked(local: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    ran = local("doctor", "--output", "json")
    found = {item["check"]: item for item in ran.document["data"]["checks"]}
    assert ran.code == 3
    for name in ("credentials", "model", "alarms", "lambda-concurrency"):
        assert (found[name]["status"], found[name]["what"]) == ("fail", "no AWS credentials were found")
        assert "sign in" in found[name]["cure"]
    assert [found[name]["status"] for name in ("terraform", "region", "variables", "files")] == ["pass"] * 4
    assert (found["clock"]["status"], found["state"]["status"]) == ("warn", "skipped")
    table = local("doctor", *itertools.chain(*(("--only", name) for name in ("credentials", "model", "alarms")))).out
    assert table.count("no AWS credentials were found") == 3
    assert table.count("sign in (aws configure sso") == 1  # what mends all of them is told once


def test_variables_that_cannot_be_read_leave_the_machine_to_be_checked(local: Patient) -> None:
    local.tfvars.write_text(f'project_name = "{LIVE}\n')
    ran = local("doctor", "--output", "json")
    found = {item["check"]: item for item in ran.document["data"]["checks"]}
    assert ran.code == 3
    assert found["variables"]["what"].startswith("terraform.tfvars:1:")
    assert found["file-secrets"]["status"] == "fail"
    assert (found["terraform"]["status"], found["credentials"]["status"]) == ("pass", "pass")
    assert found["model"]["what"] == found["variables"]["what"]
    assert LIVE not in ran.out + ran.err


def test_a_variable_without_a_value_and_one_that_nobody_declares(local: Patient) -> None:
    local.tfvars.write_text('projekt_name = "x"\n')
    found = local.checks("--only", "variables")["variables"]
    assert (found["status"], found["what"]) == ("fail", "without a value: project_name")
    assert "terraform.tfvars sets projekt_name, which no variable declares" in " ".join(found["details"])


def test_without_a_terraform_directory_the_machine_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = here("doctor", "--output", "json")
    assert ran.code == 0
    assert [item["check"] for item in ran.document["data"]["checks"]] == ["terraform", "credentials", "region", "clock"]
    assert "only the machine is looked at" in ran.err
    assert here("doctor", "--only", "model").code == 2
    ran = here("doctor", "--only", "terraform", "--output", "json")
    assert ([item["check"] for item in ran.document["data"]["checks"]], ran.code) == (["terraform"], 0)
    assert "no Terraform files" not in ran.err
    assert here("doctor", "--dir", "nowhere").code == 2


# -- how it is asked and shown -----------------------------------------------------------------------------------------


def test_only_runs_what_is_named_and_a_mistyped_name_is_told(local: Patient) -> None:
    local.sandbox.calls.clear()
    assert list(local.checks("--only", "model-access", "--only", "terraform")) == ["terraform", "model-access"]
    assert {call.operation for call in local.sandbox.calls} == {"GetFoundationModelAvailability"}
    ran = local("doctor", "--only", "modle")
    assert (ran.code, "did you mean model?" in ran.err) == (2, True)


def test_the_checks_are_listed(local: Patient) -> None:
    local.sandbox.calls.clear()
    assert [line.split()[0] for line in local("doctor", "--list").out.splitlines()] == NAMES
    assert not local.sandbox.calls


def test_a_log_has_no_escapes_and_the_answer_stands_alone_on_stdout(local: Patient) -> None:
    ran = local("doctor", "--only", "state", "--only", "model")
    assert "\x1b" not in ran.out + ran.err
    assert ran.out.splitlines()[0].startswith("WARN  state  the state of 1 resources is on this machine only")
    assert "→ paybot bootstrap-state && paybot migrate-state" in ran.out
    assert ran.out.splitlines()[-1] == "2 checks: 1 ok, 1 to weigh"
    assert "  model … " in ran.err
    assert f"{local.project} · environment dev" in ran.err


def test_a_narrow_terminal(local: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    ran = local("doctor")
    assert max(map(len, ran.out.splitlines())) <= 60
    assert all(name in ran.out for name in NAMES)


def test_csv(local: Patient) -> None:
    rows = list(csv.DictReader(io.StringIO(local("doctor", "--output", "csv").out)))
    assert [row["check"] for row in rows] == NAMES
    assert {row["status"] for row in rows} <= {"pass", "warn", "fail", "skipped"}


# -- --fix -------------------------------------------------------------------------------------------------------------


ONLY = ("doctor", "--only", "files", "--only", "state-home")


def spoil(patient: Patient) -> None:
    patient.tfvars.chmod(0o666)
    s3 = client(patient.sandbox, "s3")
    s3.put_bucket_versioning(Bucket=patient.bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket=patient.bucket)
    s3.delete_bucket_lifecycle(Bucket=patient.bucket)


def versioning(patient: Patient) -> str:
    return str(client(patient.sandbox, "s3").get_bucket_versioning(Bucket=patient.bucket)["Status"])


def test_fix_mends_what_is_harmless_and_twice_is_once(mendable: Patient) -> None:
    spoil(mendable)
    assert mendable(*ONLY).code == 3
    dry = mendable(*ONLY, "--fix", "--dry-run", "--output", "json")
    assert [item["target"].partition(": ")[2] or item["verb"] for item in dry.document["data"]["changes"]] == [
        "chmod go-w",
        "versioning",
        "public access block",
    ]
    assert (dry.code, versioning(mendable), mendable.mode(mendable.tfvars)) == (3, "Suspended", 0o666)

    ran = mendable(*ONLY, "--fix", "--yes", "--output", "json")
    assert (versioning(mendable), mendable.mode(mendable.tfvars)) == ("Enabled", 0o644)
    assert [step["outcome"] for step in ran.document["data"]["result"]] == ["done"] * 3
    mode = {"verb": "chmod go-w", "target": str(mendable.tfvars), "outcome": "done", "why": ""}
    assert ran.document["data"]["result"][0] == mode
    found = {item["check"]: item for item in ran.document["data"]["checks"]}
    # The lifecycle is left: it deletes old versions, which is not for this command to begin.
    assert (found["files"]["status"], found["state-home"]["status"], ran.code) == ("pass", "warn", 0)
    assert "lifecycle" in found["state-home"]["details"][0]

    mendable.sandbox.calls.clear()
    again = mendable(*ONLY, "--fix", "--yes", "--output", "json")
    assert (again.document["data"]["changes"], again.document["data"]["result"]) == ([], [])
    assert not [call for call in mendable.sandbox.calls if call.writes]


def test_fix_asks_first(mendable: Patient) -> None:
    spoil(mendable)
    only = (*ONLY, "--fix")
    ran = mendable(*only)
    assert (ran.code, versioning(mendable), mendable.mode(mendable.tfvars)) == (4, "Suspended", 0o666)
    assert "harmless changes:" in ran.err
    ran = mendable(*only, typed="n\n")
    assert (ran.code, versioning(mendable)) == (4, "Suspended")
    where = f"{mendable.project} · environment dev · the embedded AWS at {mendable.sandbox.endpoint} · us-east-1"
    assert f"make these changes for {where}?" in " ".join(ran.err.split())
    assert mendable(*only, typed="y\n").code == 0
    assert versioning(mendable) == "Enabled"


def test_a_fix_that_fails_is_told_and_the_next_run_goes_on(mendable: Patient) -> None:
    spoil(mendable)
    mendable.sandbox.faults.replace([Rule("s3", "PutPublicAccessBlock", status=403, code="AccessDenied")])
    ran = mendable(*ONLY, "--fix", "--yes", "--output", "json")
    assert [step["outcome"] for step in ran.document["data"]["result"]] == ["done", "done", "failed"]
    assert (ran.code, ran.document["status"], versioning(mendable)) == (1, "error", "Enabled")
    assert "s3:PutBucketPublicAccessBlock" in ran.document["error"]["why"]
    mendable.sandbox.faults.replace([])
    ran = mendable(*ONLY, "--fix", "--yes", "--output", "json")
    assert [step["outcome"] for step in ran.document["data"]["result"]] == ["done"]
    assert ran.code == 0


def test_a_dry_run_is_one_of_fix(local: Patient) -> None:
    assert local("doctor", "--dry-run").code == 2


@pytest.mark.terraform
def test_fix_runs_terraform_init_where_it_was_not_run(local: Patient) -> None:
    (local.copy / ".terraform" / "providers").rmdir()
    only = ("--only", "initialized", "--fix", "--yes")
    assert local.checks("--only", "initialized")["initialized"]["status"] == "warn"
    ran = local("doctor", *only, "--output", "json")
    assert [step["outcome"] for step in ran.document["data"]["result"]] == ["done"]
    assert ran.document["data"]["checks"][0]["status"] == "pass"
    assert local("doctor", *only, "--output", "json").document["data"]["result"] == []
    (local.folder / "main.tf").write_text((local.folder / "main.tf").read_text() + "\nterraform {\n}\n")
    assert "has changed" in local.checks("--only", "initialized")["initialized"]["what"]
