"""Deploying: what paybot adds to the terraform in it, and what a chat turn costs in the embedded AWS."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from bench.measure import Ratio, compare, seconds
from paybot_ops.adapters import mirror
from paybot_ops.adapters.chat import send_message
from paybot_ops.core.chat import reachable_address
from paybot_ops.core.state import parse_state
from paybot_ops.sandbox import process
from paybot_ops.sandbox.workspace import environment

_PAYBOT = str(Path(sys.executable).with_name("paybot"))


def figures() -> Iterator[Ratio]:
    """The figures of a deployment in the embedded AWS."""
    with tempfile.TemporaryDirectory() as folder, _deployed(Path(folder)) as running:
        module = Path(folder) / ".paybot/sandbox/terraform"
        terraform = _Terraform(module, running.endpoint)
        yield compare(
            "`deploy` with nothing to change / `terraform plan`",
            1.15,
            lambda: _paybot(folder, "deploy", "--sandbox", "--yes"),
            lambda: terraform("plan", "-input=false", "-var", f'allowed_account_ids=["{running.account_id}"]'),
            rounds=5,
        )
        yield _chat_turn(module, running.endpoint)
    yield _demo()


class _Terraform:
    """The bare binary, with the environment that paybot gives it."""

    def __init__(self, module: Path, endpoint: str) -> None:
        self._module = module
        self._environ = environment(os.environ, endpoint, "us-east-1")
        if not mirror.has_own_configuration(self._environ):
            self._environ.pop("TF_CLI_CONFIG_FILE", None)
            if folder := mirror.find_mirror(self._environ):
                configuration = mirror.write_configuration(folder, module / ".terraform")
                self._environ["TF_CLI_CONFIG_FILE"] = str(configuration)

    def __call__(self, *arguments: str) -> None:
        subprocess.run(["terraform", *arguments], cwd=self._module, env=self._environ, check=True, capture_output=True)


@contextmanager
def _deployed(folder: Path) -> Iterator[process.Running]:
    _paybot(str(folder), "init")
    # The stage's throttling is real here too, and a bench is faster than it allows.
    (folder / "terraform/terraform.tfvars").write_text("api_throttle_rate = 1000\napi_throttle_burst = 2000\n")
    running = process.start(folder, exit_with_parent=True)
    try:
        _paybot(str(folder), "deploy", "--sandbox", "--yes")
        yield running
    finally:
        process.stop(folder)


def _chat_turn(module: Path, endpoint: str) -> Ratio:
    state = parse_state((module / "terraform.tfstate").read_text())
    assert state is not None
    url = reachable_address(str(state.outputs["chat_url"]), endpoint)
    session = send_message(url, "Hello").session_id
    sts = boto3.client(
        "sts",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )
    return compare(
        "a warm chat turn through the API / a bare moto call",
        10,
        lambda: send_message(url, "How do I pay?", session_id=session),
        sts.get_caller_identity,
        rounds=60,
    )


def _demo() -> Ratio:
    """The whole demo against the bare apply and destroy of the same module on the same kind of server."""
    ours = seconds(lambda: _paybot(None, "demo"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _paybot(name, "init")
        _paybot(name, "package")
        running = process.start(folder, exit_with_parent=True)
        try:
            terraform = _Terraform(folder / "terraform", running.endpoint)
            (folder / "terraform/.terraform").mkdir(exist_ok=True)
            terraform("init", "-input=false")
            theirs = seconds(lambda: terraform("apply", "-auto-approve", "-input=false"))
            theirs += seconds(lambda: terraform("destroy", "-auto-approve", "-input=false"))
        finally:
            process.stop(folder)
    return Ratio("`paybot demo` / bare `terraform apply` + `destroy`", ours, theirs, 3)


def _paybot(folder: str | None, *arguments: str) -> None:
    subprocess.run([_PAYBOT, *arguments], cwd=folder, check=True, capture_output=True)
