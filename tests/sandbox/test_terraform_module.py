"""The module by Terraform's own judgement: formatted, valid, and its own tests pass, with no network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from paybot_ops.adapters import mirror
from tests.conftest import ROOT

pytestmark = pytest.mark.terraform


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, initialized: nothing of Terraform's is left in the repository."""
    folder = tmp_path_factory.mktemp("module") / "terraform"
    shutil.copytree(ROOT / "terraform", folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    done = terraform(folder, "init", "-backend=false", "-input=false")
    assert done.returncode == 0, done.stderr
    return folder


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    found = mirror.find_mirror(environ)
    if found is not None:
        environ["TF_CLI_CONFIG_FILE"] = str(mirror.write_configuration(found, folder.parent))
    return subprocess.run(
        ["terraform", *arguments, "-no-color"], cwd=folder, env=environ, capture_output=True, text=True, timeout=500
    )


def test_it_is_formatted(module: Path) -> None:
    done = terraform(module, "fmt", "-check", "-recursive")
    assert done.returncode == 0, done.stdout


def test_it_is_valid(module: Path) -> None:
    done = terraform(module, "validate")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_tests_pass(module: Path) -> None:
    done = terraform(module, "test")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " 0 failed" in done.stdout


def test_no_lock_file_and_no_backend_is_shipped() -> None:
    shipped = {path.name for path in (ROOT / "terraform").rglob("*")}
    tracked = subprocess.run(["git", "ls-files", "terraform"], cwd=ROOT, capture_output=True, text=True).stdout
    assert ".terraform.lock.hcl" not in tracked
    assert "backend.tf" not in shipped
