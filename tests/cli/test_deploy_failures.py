"""What wrong input gets: one clear error with the next step, the right exit code, nothing lost, and convergence."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.sandbox.server import Sandbox
from tests.cli.paybot_world import Paybot, started, until

CANARY = "canary-7f3a"

# Terraform's built-in resource needs no provider: an apply takes as long as the commands in it.
TINY = """
terraform {
  required_version = ">= 1.11"
}

variable "project_name" {
  type    = string
  default = "tiny"
}

variable "environment" {
  type    = string
  default = "dev"
}

output "environment" {
  value = var.environment
}

resource "terraform_data" "first" {
  input = var.project_name
}

resource "terraform_data" "slow" {
  depends_on = [terraform_data.first]
  provisioner "local-exec" {
    command = "test -e ../fast || sleep 4"
  }
}
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with Sandbox() as sandbox:
        yield sandbox.endpoint


@pytest.fixture
def tiny(paybot: Paybot, endpoint: str) -> Paybot:
    """A workspace with a tiny module, deployed into an embedded AWS through the standard variable."""
    (paybot.folder / "terraform").mkdir()
    (paybot.folder / "terraform/main.tf").write_text(TINY)
    paybot.environ["AWS_ENDPOINT_URL"] = endpoint
    make_fast(paybot)
    return paybot


def make_fast(paybot: Paybot) -> None:
    copy = paybot.folder / ".paybot/sandbox"
    copy.mkdir(parents=True, exist_ok=True)
    (copy / "fast").touch()


def make_slow(paybot: Paybot) -> None:
    (paybot.folder / ".paybot/sandbox/fast").unlink()


def program(folder: Path, name: str, script: str) -> str:
    """A program of that name, first on the PATH that comes back."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def journal(paybot: Paybot) -> Path:
    return paybot.folder / ".paybot/sandbox/terraform/.terraform/paybot-apply.jsonl"


def slow_has_begun(paybot: Paybot) -> bool:
    path = journal(paybot)
    return path.is_file() and '"terraform_data.slow"' in path.read_text() and "apply_start" in path.read_text()


# -- before anything starts ------------------------------------------------------------------------------------------


def test_a_folder_without_terraform_files_says_how_to_make_one(paybot: Paybot) -> None:
    ran = paybot("deploy")
    assert ran.code == 2
    assert "no Terraform files" in ran.err
    assert "paybot init" in ran.err


def test_missing_terraform(tiny: Paybot) -> None:
    ran = tiny("deploy", "--yes", environ={"PATH": str(Path(sys.executable).parent)})
    assert ran.code == 1
    assert "terraform is not on PATH" in ran.err
    assert "install it" in ran.err


def test_old_terraform(tiny: Paybot, tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "terraform", """echo '{"terraform_version": "1.5.7"}'""")
    ran = tiny("deploy", "--yes", environ={"PATH": path})
    assert ran.code == 1
    assert "terraform is 1.5.7" in ran.err
    assert "1.11.0 or newer" in ran.err


@pytest.mark.terraform
def test_no_credentials(tiny: Paybot) -> None:
    del tiny.environ["AWS_ENDPOINT_URL"]
    ran = tiny("deploy", "--yes", "--region", "us-east-1")
    assert ran.code == 1
    assert "no AWS credentials" in ran.err
    assert "--sandbox" in ran.err


@pytest.mark.terraform
def test_a_region_that_does_not_exist(tiny: Paybot) -> None:
    del tiny.environ["AWS_ENDPOINT_URL"]
    ran = tiny(
        "deploy",
        "--yes",
        "--region",
        "us-nowhere-9",
        environ={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
    )
    assert ran.code == 1
    assert "cannot be reached" in ran.err
    assert "region's name" in ran.err


def test_no_region(tiny: Paybot) -> None:
    del tiny.environ["AWS_ENDPOINT_URL"]
    ran = tiny("deploy", "--yes")
    assert ran.code == 2
    assert "no AWS region" in ran.err
    assert "--region" in ran.err


@pytest.mark.terraform
def test_the_sandbox_asks_nothing_of_the_users_profile_or_proxy(tiny: Paybot) -> None:
    environ = {"AWS_PROFILE": "nobody", "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    ran = tiny("deploy", "--dry-run", environ=environ)
    assert ran.code == 0, ran.err


def test_a_profile_that_does_not_exist(tiny: Paybot) -> None:
    del tiny.environ["AWS_ENDPOINT_URL"]
    ran = tiny("deploy", "--yes", "--region", "us-east-1", environ={"AWS_PROFILE": "nobody"})
    assert ran.code == 1
    assert "profile" in ran.err


def test_variables_without_a_value(tiny: Paybot) -> None:
    (tiny.folder / "terraform/more.tf").write_text('variable "needed" {\n  type = string\n}\n')
    ran = tiny("deploy", "--yes")
    assert ran.code == 2
    assert "variables without a value: needed" in ran.err
    assert "terraform.tfvars" in ran.err


def test_a_syntax_error_says_line_and_column_and_never_the_text(tiny: Paybot) -> None:
    (tiny.folder / "terraform/terraform.tfvars").write_text(f'project_name = "tiny"\nstripe_key = "{CANARY}\n')
    ran = tiny("deploy", "--yes", "--output", "json")
    assert ran.code == 2
    assert "terraform.tfvars:2:" in ran.err
    assert CANARY not in ran.err + ran.out
    assert ran.document["error"]["kind"] == "hcl-syntax"


@pytest.mark.terraform
def test_a_value_of_the_wrong_type(tiny: Paybot) -> None:
    (tiny.folder / "terraform/more.tf").write_text('variable "memory" {\n  type    = number\n  default = 1\n}\n')
    (tiny.folder / "terraform/terraform.tfvars").write_text(f'memory = "{CANARY}"\n')
    ran = tiny("deploy", "--yes")
    assert ran.code == 2
    assert "a number is required" in ran.err
    assert "memory" in ran.err
    assert CANARY not in ran.err


def test_a_setting_of_paybots_own_with_the_wrong_type(tiny: Paybot) -> None:
    (tiny.folder / "terraform/terraform.tfvars").write_text('project_name = ["a"]\n')
    ran = tiny("deploy", "--yes")
    assert ran.code == 2
    assert "project_name must be a string" in ran.err


@pytest.mark.terraform
def test_an_undeclared_variable_is_a_warning_as_in_terraform(tiny: Paybot) -> None:
    (tiny.folder / "terraform/terraform.tfvars").write_text("nothing_like_it = 1\n")
    ran = tiny("deploy", "--dry-run", "--output", "json")
    assert ran.code == 0
    assert any("nothing_like_it" in warning for warning in ran.document["warnings"])


def test_an_environment_without_a_file(tiny: Paybot) -> None:
    (tiny.folder / "terraform/prod.tfvars").write_text('environment = "prod"\n')
    ran = tiny("deploy", "--env", "prud", "--yes")
    assert ran.code == 2
    assert "no prud.tfvars" in ran.err
    assert "prod" in ran.err


def test_an_environment_that_its_own_file_contradicts(tiny: Paybot) -> None:
    (tiny.folder / "terraform/prod.tfvars").write_text('environment = "dev"\n')
    ran = tiny("deploy", "--env", "prod", "--yes")
    assert ran.code == 2
    assert "--env prod does not fit" in ran.err


@pytest.mark.parametrize("env", ["../dev", "a/b", "", "prod;ls"])
def test_an_environment_s_name_cannot_leave_the_folder(tiny: Paybot, env: str) -> None:
    assert tiny("deploy", "--env", env, "--yes").code == 2


def state_with(account: str, environment: str = "dev") -> str:
    role = {"arn": f"arn:aws:iam::{account}:role/x"}
    resource = {"mode": "managed", "type": "aws_iam_role", "name": "x", "instances": [{"attributes": role}]}
    return json.dumps(
        {
            "version": 4,
            "serial": 1,
            "lineage": "l",
            "terraform_version": "1.11.4",
            "outputs": {"environment": {"value": environment, "type": "string"}},
            "resources": [resource],
        }
    )


def put_state(paybot: Paybot, text: str) -> Path:
    folder = paybot.folder / ".paybot/sandbox/terraform"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "terraform.tfstate"
    path.write_text(text)
    return path


@pytest.mark.terraform
def test_another_account_s_state_is_refused_and_untouched(tiny: Paybot) -> None:
    path = put_state(tiny, state_with("210987654321"))
    before = path.read_text()
    ran = tiny("deploy", "--yes")
    assert ran.code == 1
    assert "account 210987654321" in ran.err
    assert "AWS_PROFILE" in ran.err
    assert path.read_text() == before


@pytest.mark.terraform
def test_a_second_environment_on_a_local_state_is_refused(tiny: Paybot) -> None:
    path = put_state(tiny, state_with("123456789012", "dev"))
    before = path.read_text()
    (tiny.folder / "terraform/prod.tfvars").write_text('environment = "prod"\n')
    ran = tiny("deploy", "--env", "prod", "--yes")
    assert ran.code == 2
    assert "that of the environment 'dev', not 'prod'" in ran.err
    assert path.read_text() == before


@pytest.mark.terraform
def test_a_state_that_is_cut_short(tiny: Paybot) -> None:
    path = put_state(tiny, state_with("123456789012")[:80])
    before = path.read_text()
    ran = tiny("deploy", "--yes")
    assert ran.code == 1
    assert "cannot be read" in ran.err
    assert "terraform.tfstate.backup" in ran.err
    assert path.read_text() == before


@pytest.mark.terraform
def test_without_a_terminal_and_without_yes_nothing_happens_and_nothing_hangs(tiny: Paybot) -> None:
    ran = tiny("deploy", timeout=60)
    assert ran.code == 4
    assert "--yes" in ran.err
    assert not (tiny.folder / ".paybot/sandbox/terraform/terraform.tfstate").exists()


def test_the_sandbox_must_be_running(tiny: Paybot) -> None:
    ran = tiny("deploy", "--sandbox", "--yes")
    assert ran.code == 1
    assert "paybot sandbox start" in ran.err


def test_a_port_in_use(tiny: Paybot) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = tiny("sandbox", "start", "--port", str(port))
    assert ran.code == 1
    assert str(port) in ran.err
    assert "--port" in ran.err


@pytest.mark.terraform
def test_a_provider_that_cannot_be_downloaded(tiny: Paybot) -> None:
    (tiny.folder / "terraform/more.tf").write_text(
        'terraform {\n  required_providers {\n    none = { source = "example.invalid/nobody/none" }\n  }\n}\n'
        'resource "none_thing" "x" {}\n'
    )
    ran = tiny("deploy", "--yes")
    assert ran.code == 1
    assert "cannot be downloaded" in ran.err
    assert "PAYBOT_TF_MIRROR" in ran.err


# -- the disk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tiny: Paybot) -> Iterator[Path]:
    """The data directory of the sandbox's copy as a file system of its own; only root can mount one."""
    folder = tiny.folder / ".paybot/sandbox/terraform/.terraform"
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.terraform
def test_a_full_disk(tiny: Paybot, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * 8192)
    ran = tiny("deploy", "--yes")
    assert ran.code == 1
    assert "space" in ran.err
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert tiny("deploy", "--yes").code == 0


@pytest.mark.terraform
def test_a_read_only_directory(tiny: Paybot, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    ran = tiny("deploy", "--yes")
    assert ran.code == 1
    assert "not writable" in ran.err
    assert "--dir" in ran.err
    subprocess.run(["mount", "-o", "remount,rw,size=64m", small_disk], check=True)
    assert tiny("deploy", "--yes").code == 0


# -- while it runs ---------------------------------------------------------------------------------------------------


@pytest.mark.terraform
def test_ctrl_c_lets_terraform_finish_and_the_same_command_goes_on(tiny: Paybot) -> None:
    make_slow(tiny)
    running = started(tiny, "deploy", "--yes", "--output", "json")
    until(lambda: slow_has_begun(tiny), "the slow resource begins")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Terraform finishes what it has begun" in err
    assert "Traceback" not in err
    assert json.loads(out)["error"]["kind"] == "interrupted"
    make_fast(tiny)
    assert tiny("deploy", "--yes").code == 0
    assert tiny("deploy", "--check").code == 0


@pytest.mark.terraform
def test_a_terraform_killed_half_way_keeps_what_it_did_and_the_same_command_converges(tiny: Paybot) -> None:
    make_slow(tiny)
    running = started(tiny, "deploy", "--yes")
    until(lambda: slow_has_begun(tiny), "the slow resource begins")
    subprocess.run(["pkill", "-KILL", "-P", str(running.pid), "terraform"], check=True)
    _out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "killed by signal 9" in err
    state = json.loads((tiny.folder / ".paybot/sandbox/terraform/terraform.tfstate").read_text())
    assert "first" in [item["name"] for item in state["resources"]]
    make_fast(tiny)
    assert tiny("deploy", "--yes").code == 0
    assert tiny("deploy", "--check").code == 0


def plain_terraform(paybot: Paybot, *arguments: str) -> subprocess.Popen[bytes]:
    """Somebody who works on the same state without paybot."""
    folder = paybot.folder / ".paybot/sandbox/terraform"
    return subprocess.Popen(
        ["terraform", *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=paybot.environ
    )


@pytest.mark.terraform
def test_a_lock_held_by_someone_else_names_them_and_the_way_out(tiny: Paybot) -> None:
    assert tiny("deploy", "--yes").code == 0
    make_slow(tiny)
    state = tiny.folder / ".paybot/sandbox/terraform/terraform.tfstate"
    before = state.read_text()
    first = plain_terraform(tiny, "apply", "-auto-approve", "-replace=terraform_data.slow")
    until(lambda: (state.parent / ".terraform.tfstate.lock.info").exists(), "the other one holds the lock")
    ran = tiny("deploy", "--yes")
    assert ran.code == 1
    assert "the Terraform state is locked by" in ran.err
    assert "since" in ran.err
    assert "paybot state unlock" in ran.err
    assert first.wait(timeout=60) == 0
    assert state.read_text() != before
    assert tiny("deploy", "--yes").code == 0


@pytest.mark.terraform
def test_two_deploys_in_one_directory_follow_each_other(tiny: Paybot) -> None:
    make_slow(tiny)
    first = started(tiny, "deploy", "--yes")
    until(lambda: slow_has_begun(tiny), "the slow resource begins")
    second = tiny("deploy", "--yes")
    assert second.code == 0
    assert "another paybot works in this directory" in second.err
    assert "no changes" in second.err
    assert first.wait(timeout=60) == 0


@pytest.mark.terraform
def test_a_plan_is_one_run_s_alone_and_gone_with_it(tiny: Paybot) -> None:
    assert tiny("deploy", "--dry-run").code == 0
    data_dir = tiny.folder / ".paybot/sandbox/terraform/.terraform"
    assert data_dir.is_dir()
    assert not list(data_dir.glob("**/*.tfplan"))
    assert not list(data_dir.glob("plan-*"))


@pytest.mark.terraform
def test_a_paybot_killed_half_way_leaves_a_terraform_that_finishes(tiny: Paybot) -> None:
    make_slow(tiny)
    running = started(tiny, "deploy", "--yes")
    until(lambda: slow_has_begun(tiny), "the slow resource begins")
    running.kill()
    running.communicate()
    until(lambda: '"type":"outputs"' in journal(tiny).read_text(), "terraform ends by itself")
    until(lambda: tiny("deploy", "--check").code == 0, "the deployment is whole")


def test_what_a_check_of_the_module_says_is_heard(tiny: Paybot) -> None:
    (tiny.folder / "terraform/check.tf").write_text(
        """
check "somebody_hears" {
  assert {
    condition     = var.environment != "dev"
    error_message = "Nobody hears of alarms."
  }
}
"""
    )
    ran = tiny("deploy", "--yes")
    assert ran.code == 0, ran.err
    assert "warning: Nobody hears of alarms." in ran.err
    assert "Nobody hears" in tiny("deploy", "--check").err
    assert "Nobody hears" not in tiny("destroy", "--yes", "--allow-data-loss").err
