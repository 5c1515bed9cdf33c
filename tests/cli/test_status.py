"""`paybot status`: one screen, read in an embedded AWS; what cannot be read does not spoil the rest."""

from __future__ import annotations

import csv
import io
import itertools
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from paybot_ops.adapters import local_states
from paybot_ops.core.bundle import zip_bundle
from paybot_ops.core.state_lock import LockInfo
from tests.cli.conftest import undisturbed
from tests.cli.paybot_world import Paybot, started
from tests.cli.state_world import WatchedSandbox
from tests.cli.status_world import Status, stripe_key, terminal_of
from tests.sandbox.aws_world import client

_numbers = itertools.count()


@pytest.fixture
def world(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Status]:
    """A workspace with nothing deployed."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    yield Status(sandbox, tmp_path / "ws", f"shop{next(_numbers)}")
    undisturbed(sandbox)


@pytest.fixture
def fresh(world: Status) -> Status:
    """A deployment of the test's own, in which everything is in order."""
    world.deploy()
    return world


@pytest.fixture(scope="module")
def shared(sandbox: WatchedSandbox, tmp_path_factory: pytest.TempPathFactory) -> Status:
    """A deployment with a day's work behind it."""
    made = Status(sandbox, tmp_path_factory.mktemp("calm") / "ws", "calm")
    made.deploy()
    made.count("InputTokenCount", 34000)
    made.count("OutputTokenCount", 1000)
    made.count("Invocations", 12, "AWS/Lambda", FunctionName=made.name("bot"))
    return made


@pytest.fixture
def status(shared: Status, monkeypatch: pytest.MonkeyPatch) -> Iterator[Status]:
    """The shared deployment; what a test changes of it is taken back."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", shared.sandbox.endpoint)
    yield shared
    undisturbed(shared.sandbox)
    shared.restore()


# -- in order --------------------------------------------------------------------------------------------------------


def test_everything_is_on_one_screen(status: Status) -> None:
    with terminal_of(80):
        ran = status("--check")
    assert ran.code == 0, ran.out
    assert ran.err == ""
    lines = ran.out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for words in (
        f"{status.project}-dev · the embedded AWS · us-east-1",
        "✓ serving       version 1, the newest, at most 20 turns at once",
        "as the sources here",
        "by anna, commit 1a2b3c4d5e6f, 2026-01-02 03:04 UTC",
        "✓ endpoint      204 in ",
        "the function was not asked",
        "✓ function      12 turns in 24 h, no error",
        "█████░░░░░░░░░░░  34%  34,000 of 100,000 in, 1,000 out",
        "4%  35,000 of 1,000,000 in and out",
        "0%  $0.0013 of $1.00",
        "✓ alarms        2 ok",
        "→ 1 confirmed",
        "· guardrail     off",
        "✓ stripe key    test mode, secret, …4242",
        "✓ state         serial 7, 1 resources",
        "✓ lock          free",
        "everything is in order",
    ):
        assert words in ran.out, words


def test_the_document_for_machines(status: Status) -> None:
    status.sandbox.calls.clear()
    ran = status("-o", "json")
    assert ran.err == ""
    document = ran.document
    data = document.pop("data")
    assert document == {
        "schema_version": 1,
        "command": "status",
        "status": "ok",
        "warnings": [],
        "error": None,
    }
    lines = data.pop("lines")
    assert datetime.fromisoformat(data.pop("at")) - datetime.now(UTC) < timedelta(minutes=1)
    assert data == {
        "name": f"{status.project}-dev",
        "environment": "dev",
        "account": "123456789012",
        "region": "us-east-1",
        "embedded_aws": status.sandbox.endpoint,
        "deployed": True,
        "in_order": True,
        "cure": "",
        "attention": [],
        "unknown": [],
    }
    assert list(lines) == [
        *("serving", "code", "last_deploy", "endpoint", "function", "tokens_today", "token_budget", "cost_today"),
        *("alarms", "notifications", "guardrail", "stripe_key", "state", "lock", "drift"),
    ]
    assert lines["serving"] == {
        "mark": "ok",
        "text": "version 1, the newest, at most 20 turns at once",
        "cure": "",
        "function": status.name("bot"),
        "version": "1",
        "newest": "1",
        "pinned": False,
        "paused": False,
        "reserved_concurrency": 20,
    }
    assert lines["alarms"]["ok"] == 2
    assert lines["notifications"]["topics"][0]["confirmed"] == 1
    assert (lines["tokens_today"]["input_tokens"], lines["tokens_today"]["threshold"]) == (34000, 100000)
    assert (lines["cost_today"]["dollars"], lines["cost_today"]["threshold"]) == ("0.00133", "1")
    assert lines["lock"] == {"mark": "ok", "text": "free", "cure": "", "held": False, "locks": []}
    # No more of the key than its last four, and nothing that runs the bot or changes anything.
    assert stripe_key() not in ran.out
    calls = [call.operation for call in status.sandbox.calls if call.service != "execute-api"]
    assert len(calls) == len(set(calls)) + 1, "metrics of the model and of the function: two calls, one of any other"
    assert not [operation for operation in calls if not operation.startswith(("Get", "List", "Describe"))]


def test_rows_for_a_spreadsheet(status: Status) -> None:
    rows = list(csv.DictReader(io.StringIO(status("-o", "csv").out)))
    text = "version 1, the newest, at most 20 turns at once"
    assert rows[0] == {"line": "serving", "mark": "ok", "text": text, "cure": ""}
    assert len(rows) == 15


# -- something to see to ---------------------------------------------------------------------------------------------


def test_paused_is_the_first_thing_that_one_sees(status: Status) -> None:
    status.lambda_.put_function_concurrency(FunctionName=status.name("bot"), ReservedConcurrentExecutions=0)
    ran = status("--check")
    assert ran.code == 3
    assert ran.out.splitlines()[2].startswith("! serving       PAUSED: every turn is refused; version 1")
    assert "→ paybot resume" in ran.out
    assert "1 needs attention" in ran.out


def test_a_pinned_version_is_told_from_the_newest(status: Status) -> None:
    status.outputs["lambda_version"] = "4"
    status.write_state()
    line = status.line("serving")
    assert (line["mark"], line["text"]) == ("attention", "version 1, pinned; the newest is 4")
    assert line["cure"] == "paybot rollback --latest"


def test_sources_that_were_changed_since(status: Status) -> None:
    (status.folder / "lambda/payment_bot/__init__.py").write_text("# another bot\n")
    line = status.line("code")
    assert line["mark"] == "attention"
    assert line["deployed"] != line["local"]
    assert line["cure"] == "paybot deploy"


def test_code_that_terraform_has_no_record_of_is_known_by_its_own_marker(status: Status) -> None:
    status.resources.clear()
    status.add_resource("aws_iam_role", name="x")
    status.write_state()
    assert status.line("code")["mark"] == "ok"


def test_an_alarm_that_fires_and_one_that_nobody_hears(status: Status) -> None:
    status.put_alarm("mute")
    status.cloudwatch.set_alarm_state(AlarmName=status.name("api-5xx"), StateValue="ALARM", StateReason="a test")
    line = status.line("alarms")
    assert line["text"].startswith("1 firing: api-5xx; ")
    assert line["text"].endswith("; 1 notifies nobody")
    assert line["firing"] == [status.name("api-5xx")]
    assert status("--check").code == 3
    assert status().code == 0


def test_nobody_is_subscribed(world: Status) -> None:
    world.add_topic()
    world.add_alarms()
    world.add_resource("aws_sns_topic", arn=world.outputs["alerts_topic_arn"])
    world.write_state()
    line = world.line("notifications")
    assert (line["mark"], line["cure"]) == ("attention", "paybot notifications subscribe you@example.com")
    world.sns.subscribe(TopicArn=world.outputs["alerts_topic_arn"], Protocol="email", Endpoint="ops@example.com")
    assert world.line("notifications")["text"] == f"nobody hears {world.name('alerts')} yet: 1 pending"


def test_an_error_of_the_past_hour_and_turns_that_were_refused(fresh: Status) -> None:
    fresh.count("Errors", 3, "AWS/Lambda", FunctionName=fresh.name("bot"))
    fresh.count("Throttles", 2, "AWS/Lambda", FunctionName=fresh.name("bot"))
    line = fresh.line("function")
    assert line["mark"] == "attention"
    assert "3 errors, the last within " in line["text"]
    assert "2 refused for want of capacity" in line["text"]
    assert line["cure"] == "paybot logs --since 1h --errors"


def test_an_api_that_does_not_answer_as_it_should(status: Status) -> None:
    status.outputs["chat_url"] = status.outputs["chat_url"].replace("/chat", "/elsewhere")
    status.write_state()
    line = status.line("endpoint")
    assert (line["mark"], line["status"]) == ("attention", 403)
    status.outputs["chat_url"] = "http://127.0.0.1:9/chat"
    status.write_state()
    line = status.line("endpoint")
    assert line["mark"] == "unknown"
    assert "Connection refused" in line["text"]


def test_no_key_was_set(status: Status) -> None:
    made = status.secrets.create_secret(Name=status.name("empty"))["ARN"]
    status.outputs["stripe_secret_arn"] = made
    status.write_state()
    line = status.line("stripe_key")
    assert (line["text"], line["cure"]) == ("no key was set yet", "paybot secrets set-stripe-key")


def test_a_guardrail_that_is_wanted_and_not_there(status: Status) -> None:
    status.set_variables("enable_bedrock_guardrails = true\n")
    line = status.line("guardrail")
    assert (line["mark"], line["cure"]) == ("attention", "paybot deploy")


def test_a_local_lock_and_its_holder(status: Status) -> None:
    info = LockInfo(id="1", operation="OperationTypeApply", who="anna@desk", created=datetime.now(UTC))
    code = (
        "import sys; from pathlib import Path; from paybot_ops.adapters.local_states import locked\n"
        "with locked(Path(sys.argv[1]), sys.argv[2]): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(status.state), info.to_json()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        line = status.line("lock")
    finally:
        holder.communicate("")
    assert line["text"].startswith("held by anna@desk (OperationTypeApply) for ")
    assert (line["mark"], line["locks"][0]["who"]) == ("info", "anna@desk")
    assert not local_states.is_locked(status.state)


def test_a_state_in_a_bucket_and_the_lock_on_it(status: Status) -> None:
    bucket = f"{status.project}-state"
    s3 = client(status.sandbox, "s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=status.state_text().encode())
    old = LockInfo(
        id="7", who="ci@runner", operation="OperationTypeApply", created=datetime.now(UTC) - timedelta(hours=2)
    )
    s3.put_object(Bucket=bucket, Key="k.tflock", Body=old.to_json().encode())
    status.backend.write_text(
        f'terraform {{\n  backend "s3" {{\n    bucket = "{bucket}"\n    key = "k"\n    region = "us-east-1"\n'
        "    use_lockfile = true\n  }\n}\n"
    )
    status.state.unlink()
    data = status.data()
    assert data["lines"]["serving"]["mark"] == "ok"
    assert data["lines"]["state"]["where"] == f"s3://{bucket}/k"
    assert data["lines"]["lock"]["text"] == "held by ci@runner (OperationTypeApply) for 2 h"
    assert data["lines"]["lock"]["cure"].endswith("paybot state unlock")
    status.fault("s3", code="AccessDenied", status=403)
    data = status.data()
    assert "s3:GetObject" in data["lines"]["state"]["text"]
    # The names that the module gives are enough for what does not stand in the state alone.
    assert data["lines"]["serving"]["version"] == "1"
    assert set(data["unknown"]) == {"endpoint", "guardrail", "stripe_key", "state", "lock"}


def test_a_state_of_another_account_is_refused(status: Status) -> None:
    status.resources[0]["instances"][0]["attributes"]["arn"] = "arn:aws:lambda:us-east-1:999999999999:function:x"
    status.write_state()
    ran = status("-o", "json")
    assert ran.code == 1
    assert ran.document["error"]["kind"] == "credentials"


def test_a_second_function_is_not_taken_for_the_bot(status: Status) -> None:
    """Not even where no output names the bot: what cannot be told apart is unknown."""
    status.add_resource("aws_lambda_function", function_name="audit")
    status.resources.reverse()
    status.write_state()
    assert status.line("serving")["mark"] == "ok"
    del status.outputs["lambda_function_name"]
    status.write_state()
    line = status.line("serving")
    assert (line["mark"], "several functions: audit," in line["why"]) == ("unknown", True)


# -- what cannot be read ---------------------------------------------------------------------------------------------


def test_a_refused_service_has_its_own_lines_with_the_iam_action(status: Status) -> None:
    status.fault("lambda", "GetFunction", status=403)
    data = status.data("--check")
    assert data["unknown"] == ["serving", "code", "last_deploy"]
    assert data["lines"]["serving"]["text"] == "unknown: the caller lacks the IAM action lambda:GetFunction"
    assert data["lines"]["serving"]["missing_iam_action"] == "lambda:GetFunction"
    assert data["lines"]["alarms"]["mark"] == "ok"
    assert status("--check").code == 3
    assert status().code == 0


def test_who_hears_of_alarms_is_unknown_and_the_alarms_are_not(status: Status) -> None:
    status.fault("sns", code="AuthorizationError", status=403)
    data = status.data()
    assert data["unknown"] == ["notifications"]
    assert "sns:ListSubscriptionsByTopic" in data["lines"]["notifications"]["text"]
    assert data["lines"]["alarms"]["mark"] == "ok"


def test_a_key_that_may_not_be_read(status: Status) -> None:
    status.fault("secretsmanager", "GetSecretValue")
    ran = status("-o", "json")
    assert ran.document["data"]["lines"]["stripe_key"]["missing_iam_action"] == "secretsmanager:GetSecretValue"
    assert ran.document["warnings"] == []


def test_throttling_is_retried_and_then_said(status: Status) -> None:
    status.fault("monitoring", "DescribeAlarms", code="Throttling")
    data = status.data()
    assert "Throttling, after retries" in data["lines"]["alarms"]["text"]
    assert data["lines"]["tokens_today"]["mark"] == "ok"


def test_a_slow_service_holds_nothing_up(status: Status, paybot: Paybot) -> None:
    status.fault("secretsmanager", code="", delay_seconds=8)
    began = time.monotonic()
    ran = paybot("status", "--dir", str(status.module), "--timeout", "2", "-o", "json")
    assert time.monotonic() - began < 6
    lines = ran.document["data"]["lines"]
    assert lines["stripe_key"]["text"] == "unknown: no answer within 2 s"
    assert lines["serving"]["mark"] == "ok"


def test_without_usable_credentials_there_is_nothing_to_say(status: Status) -> None:
    status.fault("sts", code="InvalidClientTokenId", status=403)
    ran = status()
    assert ran.code == 1
    assert "does not accept the credentials" in ran.err


# -- less than a whole deployment ------------------------------------------------------------------------------------


def test_nothing_is_deployed_yet(world: Status) -> None:
    ran = world()
    assert ran.code == 0
    assert "nothing is deployed" in ran.out
    assert "next: paybot deploy" in ran.out
    assert world("--check").code == 3
    data = world.data()
    assert (data["deployed"], data["lines"], data["cure"]) == (False, {}, "paybot deploy")
    assert world("-o", "csv").out.strip() == ""


def test_a_deployment_that_was_made_by_hand_has_fewer_lines(
    sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    made = Status(sandbox, tmp_path / "ws", f"hand{next(_numbers)}", hand_built=True)
    made.put_alarm("tokens")
    assert next(iter(made.data()["lines"])) == "tokens_today"
    function = made.name("lambda")
    made.create_function(function, zip_bundle({"app.py": b""}))
    made.add_resource("aws_lambda_function", function_name=function, version="$LATEST")
    made.write_state()
    data = made.data()
    names = ["serving", "code", "last_deploy", "function", "tokens_today", "cost_today"]
    assert list(data["lines"]) == [*names, "alarms", "notifications", "state", "lock", "drift"]
    assert data["lines"]["serving"]["text"] == "$LATEST, without an alias"
    assert data["lines"]["code"]["mark"] == "info"
    assert data["attention"] == ["alarms", "notifications"]


@pytest.mark.terraform
def test_drift_is_looked_for_only_when_asked_and_told_with_its_cure(
    sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    made = Status(sandbox, tmp_path / "ws", f"hand{next(_numbers)}", hand_built=True)
    made.model = "us.amazon.nova-micro-v1:0"
    made.set_variables()
    made.put_alarm("tokens", made.add_topic("ops@example.com"))
    # Without a resource no provider has to be had, and the real terraform answers in a second.
    (made.module / "outputs.tf").write_text('output "motto" {\n  value = "pay"\n}\n')
    assert not (made.state.parent / ".terraform").exists()
    assert made.line("drift")["mark"] == "info"
    assert not (made.state.parent / ".terraform").exists()
    ran = made("--drift", "--check", "-o", "json")
    line = ran.document["data"]["lines"]["drift"]
    assert ran.code == 3
    assert (line["mark"], line["text"]) == ("attention", "the account and the files differ: outputs alone would change")
    assert "terraform" not in ran.err
    made.outputs = {"motto": "pay"}
    made.write_state()
    settled = made("--drift", "--check", "-o", "json")
    assert settled.document["data"]["lines"]["drift"]["text"] == "none: the account is what the files say"
    assert settled.code == 0
    monkeypatch.setenv("PATH", "")
    assert "terraform is not on PATH" in str(made.data("--drift")["lines"]["drift"]["why"])


def test_an_environment_of_its_own(status: Status) -> None:
    (status.module / "prod.tfvars").write_text('environment = "prod"\n')
    refused = status("--env", "prod")
    assert refused.code == 2
    assert "the local state here is that of the environment 'dev'" in refused.err


# -- how it is shown -------------------------------------------------------------------------------------------------


def test_sixty_columns_and_no_colour(status: Status) -> None:
    status.lambda_.put_function_concurrency(FunctionName=status.name("bot"), ReservedConcurrentExecutions=0)
    with terminal_of(60, NO_COLOR="1"):
        ran = status(terminal=True)
    assert "\x1b[3" not in ran.out
    lines = re.sub(r"\x1b\[[0-9;]*m", "", ran.out).splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[3].startswith("! serving       PAUSED: every turn is refused")
    assert "→ paybot resume" in lines[5]


def test_a_pipe_gets_no_escapes(status: Status) -> None:
    assert "\x1b" not in status().out


def test_text_from_outside_moves_no_cursor(fresh: Status) -> None:
    fresh.lambda_.update_function_configuration(
        FunctionName=fresh.name("bot"), Description="commit \x1b[2Jx by \x1b]0;evil\x07 at 2026-01-02T03:04:05Z"
    )
    fresh.lambda_.update_alias(FunctionName=fresh.name("bot"), Name="live", FunctionVersion="$LATEST")
    ran = fresh()
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert "\x07" not in ran.out


def test_the_picture_needs_nothing_beside_it(fresh: Status, tmp_path: Path) -> None:
    fresh.count("InputTokenCount", 250000)
    picture = tmp_path / "status.svg"
    ran = fresh("--export", str(picture))
    assert ran.code == 0
    assert "written:" in ran.err
    root = ElementTree.fromstring(picture.read_text())
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert f"{fresh.project}-dev" in texts
    assert "serving" in texts
    assert any("250,000 of 100,000 in" in (text or "") for text in texts)
    assert "http" not in picture.read_text().replace("http://www.w3.org/2000/svg", "")
    assert fresh("--export", "status.png").code == 2


def test_options_that_do_not_go_together(status: Status) -> None:
    for more in (("5",), ("--watch", "-o", "json"), ("--watch", "--drift"), ("--watch", "--export", "x.svg")):
        ran = status(*more)
        assert ran.code == 2, more
        assert "next: " in ran.err
    assert status("--watch", "0").code == 2


def test_watching_prints_a_block_per_look_and_ctrl_c_is_quiet(status: Status, paybot: Paybot) -> None:
    paybot.environ["PYTHONUNBUFFERED"] = "1"
    child = started(paybot, "status", "--dir", str(status.module), "--watch", "1")
    assert child.stdout is not None
    # The end of the second block: some forty lines, and never more than these.
    seen: list[str] = []
    while sum("everything is in order" in line for line in seen) < 2 and len(seen) < 60:
        seen.append(child.stdout.readline())
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert child.returncode == 130
    assert err == ""
    assert "\x1b" not in "".join(seen) + out
    assert "every 1 s" in "".join(seen)


def test_watching_with_check_ends_at_the_first_finding(status: Status) -> None:
    status.cloudwatch.set_alarm_state(AlarmName=status.name("api-5xx"), StateValue="ALARM", StateReason="a test")
    ran = status("--watch", "1", "--check")
    assert ran.code == 3
    assert "1 firing: api-5xx" in ran.out


def test_watching_takes_the_whole_screen_of_a_terminal(status: Status) -> None:
    status.lambda_.put_function_concurrency(FunctionName=status.name("bot"), ReservedConcurrentExecutions=0)
    with terminal_of(80, TERM="xterm-256color"):
        ran = status("--watch", "1", "--check", terminal=True)
    assert ran.code == 3
    assert ran.out.startswith("\x1b[?1049h")
    # What ended the watch is still there when the screen is given back.
    assert "PAUSED" in ran.out.partition("\x1b[?1049l")[2]
    with terminal_of(80, TERM="dumb"):
        plain = status("--watch", "1", "--check", terminal=True)
    assert "\x1b[?1049h" not in plain.out
    assert "PAUSED" in plain.out
