"""Terraform's own plans of the module in several configurations, made with no network and no account.

They come from `terraform test` with a mocked provider. A plan of a new deployment against any AWS, real or embedded,
knows no ARN yet, so every policy in it is *known after apply* and no judge sees one. The mocked provider answers while
planning (`override_during = plan`): these plans hold every policy in full.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from paybot_ops.adapters import mirror
from scan.references import configuration_of

CONFIGURATIONS = Path(__file__).with_name("plans.tftest.hcl")
_LEFT = shutil.ignore_patterns(".*", "*.tfstate*", "*.tfvars", "*.tftest.hcl", "backend.tf")


class PlanError(Exception):
    """Terraform did not plan; the text is its own."""


def make_plans(module: Path, folder: Path) -> dict[str, Path]:
    """Plan a copy of the module in each configuration, and write each plan's JSON; raises `PlanError`."""
    copy = folder / "terraform"
    shutil.copytree(module, copy, ignore=_LEFT)
    shutil.copy(CONFIGURATIONS, copy / "tests")
    environ = _environment(folder)
    _terraform(copy, environ, "init", "-backend=false", "-input=false")
    answer = _terraform(copy, environ, "test", "-verbose", "-json")
    configuration = [
        entry for path in copy.glob("*.tf") for entry in configuration_of(path.read_text(encoding="utf-8"))
    ]
    plans = {}
    for line in answer.splitlines():
        event = json.loads(line)
        if event["type"] == "test_plan":
            plans[event["@testrun"]] = folder / f"{event['@testrun']}.json"
            plans[event["@testrun"]].write_text(
                json.dumps(as_shown(event["test_plan"], configuration)), encoding="utf-8"
            )
    return plans


def as_shown(logged: Mapping[str, Any], configuration: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A plan as `terraform test` logs it in the form of `terraform show -json`, as far as checkov reads that.

    The log has every resource's planned values, but only among the changes (Terraform: JSON Output Format).
    """
    changes = [change for change in logged["resource_changes"] if change["change"]["after"] is not None]
    kept = ("address", "mode", "type", "name", "index", "provider_name")
    resources = [
        {key: change[key] for key in kept if key in change} | {"values": change["change"]["after"]}
        for change in changes
    ]
    return {
        "format_version": logged["plan_format_version"],
        # checkov takes a document without it for something else, and finds nothing to judge.
        "terraform_version": "unknown",
        "planned_values": {"root_module": {"resources": resources}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configuration}},
    }


def _environment(folder: Path) -> dict[str, str]:
    """The user's, without a region, a variable or an account of theirs."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_VAR_"))}
    if not mirror.has_own_configuration(environ) and (found := mirror.find_mirror(environ)):
        environ["TF_CLI_CONFIG_FILE"] = str(mirror.write_configuration(found, folder))
    return environ | {"CHECKPOINT_DISABLE": "1"}


def _terraform(module: Path, environ: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        ["terraform", *arguments, "-no-color"],
        cwd=module,
        env=dict(environ),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise PlanError(f"terraform {arguments[0]}: {done.stderr or _messages(done.stdout)}")
    return done.stdout


def _messages(log: str) -> str:
    diagnostics = (json.loads(line).get("diagnostic", {}) for line in log.splitlines() if line.startswith("{"))
    return "; ".join(f"{one['summary']}: {one.get('detail', '')}" for one in diagnostics if one)
