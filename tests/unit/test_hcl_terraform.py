"""Every recorded verdict and value, asked of the real Terraform again, in as few processes as it takes."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from paybot_ops.core.hcl.edit import set_value
from paybot_ops.core.hcl.paths import Path as HclPath
from paybot_ops.core.hcl.reading import read_assignments
from paybot_ops.core.hcl.render import render_value
from paybot_ops.core.hcl.values import Literal, NotLiteral
from tests.unit.hcl_corpus import ACCEPTED, ACCEPTED_STRUCTURES, REFUSED, REFUSED_STRUCTURES, VALUES
from tests.unit.hcl_files import LITERALS, NAMES, hcl_files, shown

pytestmark = pytest.mark.terraform

# What Terraform says of well-formed text that its schema does not know.
NOT_SYNTAX = {"Unsupported block type", "Unsupported argument", "Extraneous label", "Missing name"}


def test_files_of_variables(tmp_path: Path) -> None:
    for index, text in enumerate([*ACCEPTED, *REFUSED]):
        (tmp_path / f"{index:03}.auto.tfvars").write_text(text, newline="")
    output = run_terraform(tmp_path, "plan", "-json", "-input=false")
    assert errors_of(output) == set(range(len(ACCEPTED), len(ACCEPTED) + len(REFUSED)))


def test_structures(tmp_path: Path) -> None:
    for index, text in enumerate([*ACCEPTED_STRUCTURES, *REFUSED_STRUCTURES]):
        (tmp_path / f"{index:03}.tf").write_text(text, newline="")
    answer = json.loads(run_terraform(tmp_path, "validate", "-json"))
    refused = {
        int(diagnostic["range"]["filename"][:3])
        for diagnostic in answer["diagnostics"]
        if diagnostic["summary"] not in NOT_SYNTAX
    }
    first = len(ACCEPTED_STRUCTURES)
    assert refused == set(range(first, first + len(REFUSED_STRUCTURES)))


def test_values(tmp_path: Path) -> None:
    text = "".join(f"v{index} = {source}\n" for index, source in enumerate(VALUES))
    (tmp_path / "values.tf").write_text(f"locals {{\n{text}}}\n", newline="")
    theirs = console_values(tmp_path, len(VALUES))
    ours = [value for value in read_assignments(text).values() if not isinstance(value, NotLiteral)]
    assert shown(ours) == theirs


def test_edited_files_and_rendered_values(tmp_path: Path) -> None:
    """Random files after an edit are accepted, and Terraform reads every rendered value as the one that was set."""
    wanted: list[Literal] = []

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(hcl_files(blocks=False), NAMES, LITERALS)
    def edit(text: str, name: str, value: Literal) -> None:
        edited = set_value(text, HclPath(name), value)
        (tmp_path / f"{len(wanted):03}.auto.tfvars").write_text(edited, newline="")
        wanted.append(value)

    edit()
    text = "".join(f"v{index} = {render_value(value)}\n" for index, value in enumerate(wanted))
    (tmp_path / "values.tf").write_text(f"locals {{\n{text}}}\n", newline="")
    assert errors_of(run_terraform(tmp_path, "plan", "-json", "-input=false")) == set()
    assert console_values(tmp_path, len(wanted)) == shown(wanted)


def errors_of(plan: str) -> set[int]:
    """The numbers of the files of variables that a plan refuses."""
    messages = [json.loads(line) for line in plan.splitlines() if line.startswith("{")]
    return {
        int(message["diagnostic"]["range"]["filename"][:3])
        for message in messages
        if message["@level"] == "error" and "range" in message.get("diagnostic", {})
    }


def console_values(directory: Path, count: int) -> object:
    """What Terraform makes of the locals v0, v1 and so on of a directory, in the form of `shown`."""
    for file in directory.glob("*.tfvars"):
        file.unlink()
    names = ", ".join(f"local.v{index}" for index in range(count))
    answer = run_terraform(directory, "console", stdin=f"base64encode(jsonencode([{names}]))\n")
    text = base64.b64decode(answer.strip().splitlines()[-1].strip('"'))
    return shown(json.loads(text, parse_float=Decimal))


def run_terraform(directory: Path, *arguments: str, stdin: str = "") -> str:
    """Terraform's answer from a directory, with nothing of the user's own configuration."""
    program = shutil.which("terraform")
    if program is None:
        if os.environ.get("PAYBOT_REQUIRE_TERRAFORM") == "1":
            pytest.fail("terraform is required and not on PATH")
        pytest.skip("terraform is not on PATH")
    configuration = directory / "terraform.rc"
    configuration.touch()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "TF_CLI_CONFIG_FILE": str(configuration),
        "CHECKPOINT_DISABLE": "1",
    }
    ran = subprocess.run(
        [program, *arguments],
        cwd=directory,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ran.stdout
