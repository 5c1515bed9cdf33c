"""What holds for every command alike: help, completion, suggestions, narrow and plain terminals, Ctrl-C."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from paybot_ops.cli import app, run
from paybot_ops.screen import Screen
from tests.cli.paybot_world import Paybot

NARROW = 60


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def leaves(command: Any, name: str, parent: Any) -> Iterator[tuple[str, Any, Any]]:
    context = command.make_context(name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True)
    if not hasattr(command, "list_commands"):
        yield name, command, context
        return
    for child in command.list_commands(context):
        yield from leaves(command.get_command(context, child), f"{name} {child}", context)


LEAVES = {name.removeprefix("paybot "): rest for name, *rest in leaves(typer.main.get_command(app), "paybot", None)}
# The bundle is the same for every environment: `package` reads one only to compare it with what is deployed.
WITH_ENV = sorted(
    name
    for name, (command, _context) in LEAVES.items()
    if any(item.name == "env" for item in command.params) and name != "package"
)


def arguments_of(name: str) -> list[str]:
    """A command line that is whole: something for each argument that has to be there."""
    command, _context = LEAVES[name]
    needed = [item for item in command.params if item.required]
    options = [part for item in needed if item.param_type_name == "option" for part in (item.opts[0], "1")]
    return [*name.split(), *options, *("1" for item in needed if item.param_type_name == "argument")]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("everywhere")
    assert Paybot(folder)("init").code == 0
    (folder / "terraform/prod.tfvars").write_text('environment = "prod"\n')
    (folder / "terraform/staging.tfvars").write_text('environment = "staging"\n')
    return folder


@pytest.mark.parametrize("name", LEAVES)
def test_help_fits_a_narrow_terminal(name: str) -> None:
    command, context = LEAVES[name]
    context.terminal_width = context.max_content_width = NARROW
    lines = command.get_help(context).splitlines()
    too_wide = [line for line in lines if len(line) > NARROW and len(line.split()) > 1 and "Example:" not in line]
    assert too_wide == []


@pytest.mark.parametrize("name", WITH_ENV)
def test_a_mistyped_environment_is_met_with_the_one_that_was_meant(
    name: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace)
    out, err = io.StringIO(), io.StringIO()
    code = run(
        [*arguments_of(name), "--env", "prdo", "-o", "json"], Screen(stdout=out, stderr=err, stdin=io.StringIO())
    )
    assert code == 2, err.getvalue()
    assert "did you mean --env prod?" in err.getvalue()
    document = json.loads(out.getvalue())
    assert (document["status"], document["error"]["exit_code"]) == ("error", 2)


@pytest.mark.parametrize("variable", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_plain_terminal_gets_plain_text(variable: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*variable)
    out, err = Terminal(), Terminal()
    assert run(["deploy", "--dir", "/nonexistent"], Screen(stdout=out, stderr=err, stdin=Terminal())) == 2
    assert "no Terraform files" in err.getvalue()
    assert "\x1b[3" not in err.getvalue()  # no colour; rich keeps bold under NO_COLOR, as its standard allows
    if variable[0] == "TERM":
        assert "\x1b" not in err.getvalue()


def test_colour_is_there_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above could not fail."""
    monkeypatch.setenv("TERM", "xterm-256color")
    err = Terminal()
    run(["deploy", "--dir", "/nonexistent"], Screen(stdout=Terminal(), stderr=err, stdin=Terminal()))
    assert "\x1b[1;31m" in err.getvalue()


class Interrupted(Screen):
    """Somebody presses Ctrl-C while the answer is being written."""

    def answer_text(self, text: str) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_is_quiet(workspace: Path) -> None:
    err = io.StringIO()
    screen = Interrupted(stdout=io.StringIO(), stderr=err, stdin=io.StringIO())
    assert run(["sandbox", "status", "-o", "json"], screen) == 130
    assert err.getvalue() == ""


def test_the_root_s_help_names_the_exit_codes(workspace: Path) -> None:
    told = Paybot(workspace)("--help").out
    assert all(f"  {code} " in told for code in (0, 1, 2, 3, 4, 130))


def completed(workspace: Path, line: str) -> list[str]:
    words = line.split(" ")
    environ = {"_PAYBOT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    command = Paybot(workspace)
    return command(environ=environ).out.split()


def test_the_shell_completes_commands_options_values_and_environments(workspace: Path) -> None:
    assert completed(workspace, "paybot al") == ["alarms"]
    assert completed(workspace, "paybot alarms set") == ["set-threshold"]
    assert completed(workspace, "paybot alarms status --out") == ["--output"]
    assert completed(workspace, "paybot alarms status --output ") == ["table", "json", "csv"]
    assert completed(workspace, "paybot deploy --env ") == ["prod", "staging"]
    assert completed(workspace, "paybot deploy --env s") == ["staging"]
    assert completed(workspace.parent, f"paybot deploy --dir {workspace} --env p") == ["prod"]


def test_completion_can_be_installed(workspace: Path) -> None:
    # Named, because there may be no shell above a test to be found out.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    assert "_PAYBOT_COMPLETE" in Paybot(workspace)("--show-completion", "bash", environ=named).out
