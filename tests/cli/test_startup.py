"""What every invocation pays for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.paybot_world import Paybot

HEAVY = {"botocore", "boto3", "hcl2", "moto", "stripe", "rich", "werkzeug", "jsonschema"}


def imported_by(*arguments: str) -> set[str]:
    """The top-level modules that one command line loads."""
    script = (
        "import sys\n"
        "from paybot_ops.cli import run\n"
        "from paybot_ops.screen import Screen\n"
        f"run({list(arguments)!r}, Screen())\n"
        "print('\\n' + ' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("deploy", "--help"), ("sandbox", "--help")])
def test_help_and_version_load_nothing_heavy(arguments: tuple[str, ...]) -> None:
    loaded = imported_by(*arguments)
    assert "typer" in loaded
    assert not HEAVY & loaded


def test_the_search_for_heavy_modules_finds_them() -> None:
    assert "rich" in imported_by("deploy", "--dir", "/nonexistent")


def test_version(paybot: Paybot) -> None:
    ran = paybot("--version")
    assert (ran.code, ran.out) == (0, "paybot 0.1.0\n")


def test_a_mistyped_command_is_a_usage_error_in_json_too(paybot: Paybot) -> None:
    ran = paybot("deplou", "--output", "json")
    assert ran.code == 2
    assert "deplou" in ran.err
    assert ran.document["error"]["exit_code"] == 2


def test_an_unknown_option_is_a_usage_error(paybot: Paybot) -> None:
    ran = paybot("deploy", "--wrong")
    assert ran.code == 2
    assert "paybot deploy --help" in ran.err


ENDING = """
import atexit, sys, threading, time
from paybot_ops.cli import main
atexit.register(lambda: print("ended by Python"))
if sys.argv.pop(1) == "busy":
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
main()
"""


@pytest.mark.parametrize(("state", "by_python"), [("busy", False), ("idle", True)])
def test_a_reading_that_nobody_waits_for_cannot_crash_the_end(state: str, by_python: bool) -> None:
    """Python ended under such a thread with SIGSEGV, in four of nine hundred runs."""
    command = ["deploy", "--dir", "/nonexistent", "--output", "json"]
    done = subprocess.run([sys.executable, "-c", ENDING, state, *command], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2, done.stderr
    answer, _, rest = done.stdout.partition("ended by Python")
    assert json.loads(answer)["error"]["exit_code"] == 2
    assert (rest != "") == by_python
    assert "no Terraform files" in done.stderr
