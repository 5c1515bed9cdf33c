"""`paybot secrets`: the key goes from a prompt or a pipe into Secrets Manager, and comes out nowhere."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paybot_ops.sandbox import control_client
from paybot_ops.sandbox.server import Sandbox
from tests.cli.paybot_world import Paybot, Ran
from tests.sandbox.aws_world import client
from tests.sandbox.stripe_world import new_key

MODULE = """
variable "project_name" {
  type    = string
  default = "shop"
}

variable "environment" {
  type    = string
  default = "dev"
}

variable "aws_region" {
  type    = string
  default = "us-east-1"
}

variable "card_collection" {
  type    = string
  default = "hosted_link"
}

variable "accept_raw_card_data" {
  type    = bool
  default = false
}
"""
LIVE = "sk_live_" + "L" * 20 + "1234"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


class Deployment:
    """A workspace whose state says which secret is its own, in an embedded AWS."""

    def __init__(self, paybot: Paybot, sandbox: Sandbox) -> None:
        self.paybot, self.sandbox = paybot, sandbox
        self.manager = client(sandbox, "secretsmanager")
        self.arn = self.manager.create_secret(Name=f"shop-stripe-key-{os.urandom(4).hex()}")["ARN"]
        (paybot.folder / "terraform").mkdir()
        (paybot.folder / "terraform/main.tf").write_text(MODULE)
        self.write_state({"stripe_secret_arn": {"value": self.arn, "type": "string"}})
        paybot.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint

    def write_state(self, outputs: dict[str, Any]) -> None:
        document = {"version": 4, "serial": 1, "lineage": "l", "terraform_version": "1.11.4", "outputs": outputs}
        copy = self.paybot.folder / ".paybot/sandbox/terraform"
        copy.mkdir(parents=True, exist_ok=True)
        (copy / "terraform.tfstate").write_text(json.dumps({**document, "resources": []}))

    def set_key(self, text: str, *more: str) -> Ran:
        """`set-stripe-key` with the key on stdin."""
        return run(self.paybot, text, "secrets", "set-stripe-key", *more)

    def stored(self) -> str | None:
        try:
            return str(self.manager.get_secret_value(SecretId=self.arn, VersionStage="AWSCURRENT")["SecretString"])
        except self.manager.exceptions.ResourceNotFoundException:
            return None

    def versions(self) -> int:
        return len(self.manager.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=True)["Versions"])


def run(paybot: Paybot, text: str, *arguments: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "paybot_ops.cli", *arguments],
        cwd=paybot.folder,
        env=paybot.environ,
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def deployment(paybot: Paybot, sandbox: Sandbox) -> Iterator[Deployment]:
    yield Deployment(paybot, sandbox)
    sandbox.faults.replace([])


def test_a_key_from_stdin_is_written_once(deployment: Deployment, sandbox: Sandbox) -> None:
    key = new_key(sandbox)
    ran = deployment.set_key(f"{key}\n", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    data = ran.document["data"]
    assert data["key"] == {"mode": "test", "kind": "secret", "last_four": key[-4:]}
    assert (data["asked_stripe"], data["applied"], data["secret"]) == (True, True, deployment.arn)
    assert [step["outcome"] for step in data["result"]] == ["done"]
    assert deployment.stored() == key
    versions = deployment.versions()
    again = deployment.set_key(key, "--yes", "-o", "json")
    assert (again.code, again.document["data"]["plan"], again.document["data"]["applied"]) == (0, [], False)
    assert deployment.versions() == versions
    assert "nothing to do" in deployment.set_key(key, "--yes").out
    for said in (ran, again):
        assert key not in said.out + said.err


def test_a_dry_run_writes_nothing(deployment: Deployment, sandbox: Sandbox) -> None:
    ran = deployment.set_key(new_key(sandbox), "--dry-run", "-o", "json")
    assert ran.code == 0
    assert ran.document["data"]["plan"][0]["reason"] == "no key was set yet"
    assert deployment.stored() is None


def test_a_pipe_without_yes_cannot_be_asked(deployment: Deployment, sandbox: Sandbox) -> None:
    ran = deployment.set_key(new_key(sandbox))
    assert ran.code == 4
    assert "--yes" in ran.err
    assert deployment.stored() is None


def test_a_failing_write_says_so_and_the_next_run_does_it(deployment: Deployment, sandbox: Sandbox) -> None:
    key = new_key(sandbox)
    fault = {"service": "secretsmanager", "operation": "PutSecretValue", "code": "AccessDeniedException", "status": 400}
    control_client.call(sandbox.endpoint, "POST", "/_paybot/faults", [fault])
    ran = deployment.set_key(key, "--yes", "-o", "json")
    assert ran.code == 1
    assert "secretsmanager:PutSecretValue" in ran.err
    assert ran.document["data"]["result"][0]["outcome"] == "failed"
    assert key not in ran.out + ran.err
    sandbox.faults.replace([])
    assert deployment.set_key(key, "--yes").code == 0
    assert deployment.stored() == key


def test_a_key_may_be_written_by_somebody_who_may_not_read_it(deployment: Deployment, sandbox: Sandbox) -> None:
    fault = {"service": "secretsmanager", "operation": "GetSecretValue", "code": "AccessDeniedException", "status": 400}
    control_client.call(sandbox.endpoint, "POST", "/_paybot/faults", [fault])
    key = new_key(sandbox)
    ran = deployment.set_key(key, "--yes", "-o", "json")
    status = deployment.paybot("secrets", "status", "--check", "-o", "json")
    sandbox.faults.replace([])
    assert ran.code == 0, ran.err
    assert any("secretsmanager:GetSecretValue" in warning for warning in ran.document["warnings"])
    assert deployment.stored() == key
    assert (status.code, "may not be read" in status.document["data"]["problem"]) == (3, True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no Stripe key was given"),
        ("pk_test_" + "P" * 24, "publishable"),
        ("hunter2", "no Stripe key"),
        (LIVE, "live"),
    ],
)
def test_what_is_no_key_for_here_is_refused(deployment: Deployment, text: str, word: str) -> None:
    ran = deployment.set_key(text, "--yes")
    assert ran.code == 2
    assert word in ran.err
    assert not text or text not in ran.err + ran.out
    assert deployment.stored() is None


def test_stripe_is_asked_and_its_no_counts(deployment: Deployment, sandbox: Sandbox) -> None:
    key = new_key(sandbox, state="revoked")
    ran = deployment.set_key(key, "--yes", "-o", "json")
    assert ran.code == 1
    assert ran.document["error"]["kind"] == "stripe"
    assert "refuses the key" in ran.err
    assert key not in ran.out + ran.err
    assert deployment.stored() is None
    offline = deployment.set_key(key, "--yes", "--offline", "-o", "json")
    assert (offline.code, offline.document["data"]["asked_stripe"]) == (0, False)
    assert deployment.stored() == key


def test_a_restricted_key_that_may_not_read_the_balance_is_a_good_key(deployment: Deployment, sandbox: Sandbox) -> None:
    key = new_key(sandbox, restricted=True, permissions=frozenset({"rak_setup_intent_write"}))
    ran = deployment.set_key(key, "--yes", "-o", "json")
    assert (ran.code, ran.document["data"]["key"]["kind"]) == (0, "restricted")
    assert deployment.stored() == key


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"code": "api_error", "status": 500}, "500"),
        ({"code": "rate_limit", "status": 429}, "429"),
        ({"drop": True}, "cannot be reached"),
    ],
)
def test_a_stripe_that_does_not_answer(deployment: Deployment, sandbox: Sandbox, rule: Any, word: str) -> None:
    control_client.call(sandbox.endpoint, "POST", "/_paybot/faults", [{"service": "stripe", **rule}])
    key = new_key(sandbox)
    ran = deployment.set_key(key, "--yes")
    assert ran.code == 1
    assert word in ran.err
    assert "--offline" in ran.err
    assert key not in ran.err
    assert deployment.stored() is None


def test_live_cards_in_a_chat_are_refused_before_anything_is_asked(paybot: Paybot) -> None:
    (paybot.folder / "terraform").mkdir()
    (paybot.folder / "terraform/main.tf").write_text(MODULE)
    (paybot.folder / "terraform/terraform.tfvars").write_text('card_collection = "chat"\n')
    ran = run(paybot, LIVE, "secrets", "set-stripe-key", "--yes")
    assert ran.code == 2
    assert "SAQ D" in ran.err
    assert "accept_raw_card_data" in ran.err
    assert LIVE not in ran.err
    (paybot.folder / "terraform/terraform.tfvars").write_text('card_collection = "chat"\naccept_raw_card_data = true\n')
    ran = run(paybot, LIVE, "secrets", "set-stripe-key", "--yes")
    # It may go on now, and finds that nothing is deployed.
    assert (ran.code, "SAQ D" in ran.err, "no outputs" in ran.err) == (1, True, True)


def test_a_key_is_no_argument(deployment: Deployment, sandbox: Sandbox) -> None:
    key = new_key(sandbox)
    assert deployment.paybot("secrets", "set-stripe-key", key).code == 2
    assert deployment.stored() is None


def test_the_embedded_aws_makes_a_test_key(deployment: Deployment, sandbox: Sandbox) -> None:
    ran = deployment.paybot("secrets", "set-stripe-key", "--test-key", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    key = deployment.stored()
    assert key is not None
    found = sandbox.stripe.keys.find(key)
    assert found is not None
    assert found.raw_cards
    assert key not in ran.out + ran.err
    del deployment.paybot.environ["AWS_ENDPOINT_URL"]
    assert deployment.paybot("secrets", "set-stripe-key", "--test-key", "--yes").code == 2


def test_the_status_shows_mode_age_and_last_four(deployment: Deployment, sandbox: Sandbox) -> None:
    empty = deployment.paybot("secrets", "status", "-o", "json")
    assert (empty.code, empty.document["data"]["problem"]) == (0, "no key was set yet")
    assert deployment.paybot("secrets", "status", "--check").code == 3
    key = new_key(sandbox)
    assert deployment.set_key(key, "--yes").code == 0
    ran = deployment.paybot("secrets", "status", "--check", "-o", "json")
    data = ran.document["data"]
    assert ran.code == 0, ran.err
    assert (data["mode"], data["kind"], data["last_four"], data["age_days"]) == ("test", "secret", key[-4:], 0)
    assert (data["secret"], data["problem"]) == (deployment.arn, "")
    assert data["changed"].endswith("Z")
    table, rows = deployment.paybot("secrets", "status"), deployment.paybot("secrets", "status", "-o", "csv")
    assert key[-4:] in table.out
    assert rows.out.splitlines()[0].startswith("mode,kind,last_four")
    assert key[:-4] not in ran.out + ran.err + table.out + table.err + rows.out


def test_without_a_deployment_and_without_a_secret(deployment: Deployment, sandbox: Sandbox) -> None:
    deployment.write_state({"chat_url": {"value": "x", "type": "string"}})
    ran = deployment.set_key(new_key(sandbox), "--yes")
    assert (ran.code, "stripe_secret_arn" in ran.err) == (1, True)
    deployment.write_state({"stripe_secret_arn": {"value": "arn:aws:secretsmanager:us-east-1:1:secret:gone"}})
    ran = deployment.set_key(new_key(sandbox), "--yes")
    assert (ran.code, "there is no secret" in ran.err) == (1, True)
    deployment.write_state({})
    assert "paybot deploy" in deployment.paybot("secrets", "status").err


def test_the_prompt_shows_nothing_of_what_is_typed(deployment: Deployment, sandbox: Sandbox) -> None:
    key = new_key(sandbox)
    code, shown = at_a_terminal(deployment.paybot, [key, "y"], "secrets", "set-stripe-key")
    assert code == 0, shown
    assert "Stripe key (it is not shown)" in shown
    assert "[y/N]" in shown
    assert key not in shown
    assert deployment.stored() == key
    declined, _ = at_a_terminal(deployment.paybot, [new_key(sandbox), "n"], "secrets", "set-stripe-key")
    assert declined == 4
    assert deployment.stored() == key


def at_a_terminal(paybot: Paybot, lines: list[str], *arguments: str) -> tuple[int, str]:
    """(exit code, all that a person saw): each line is typed when a question (`: ` or `] `) stands there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(paybot.folder)
        os.execve(sys.executable, [sys.executable, "-m", "paybot_ops.cli", *arguments], paybot.environ)
    shown, waiting = b"", list(lines)
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            part = b""
        if not part:
            break
        shown += part
        if waiting and shown.endswith((b": ", b"] ")):
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_nothing_is_left_on_disk(deployment: Deployment, sandbox: Sandbox) -> None:
    key = new_key(sandbox)
    assert deployment.set_key(key, "--yes").code == 0
    for path in Path(deployment.paybot.folder).rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes()
