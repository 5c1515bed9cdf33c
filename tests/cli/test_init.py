"""A new workspace, from a clone and from an installed wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.cli.paybot_world import Paybot
from tests.conftest import ROOT


def test_init_writes_a_workspace_and_a_second_time_nothing(paybot: Paybot) -> None:
    first = paybot("init", "-o", "json")
    assert first.code == 0
    assert (paybot.folder / "terraform/lambda.tf").is_file()
    assert (paybot.folder / "lambda/requirements.txt").is_file()
    assert ".paybot" in (paybot.folder / ".gitignore").read_text()
    second = paybot("init", "-o", "json")
    assert second.code == 0
    assert second.document["data"]["written"] == []


def test_init_never_overwrites(paybot: Paybot) -> None:
    (paybot.folder / "terraform").mkdir()
    mine = paybot.folder / "terraform/outputs.tf"
    mine.write_text("# mine\n")
    ran = paybot("init", "-o", "json")
    assert ran.code == 0
    assert mine.read_text() == "# mine\n"
    assert ran.document["data"]["differing"] == ["terraform/outputs.tf"]
    assert any("outputs.tf" in warning for warning in ran.document["warnings"])


def test_init_into_what_is_no_folder(paybot: Paybot) -> None:
    (paybot.folder / "taken").write_text("")
    ran = paybot("init", "taken")
    assert ran.code == 1
    assert "cannot be written" in ran.err


PRIVATE = (
    "terraform/terraform.tfvars",
    "terraform/prod.tfvars",
    "terraform/secret.auto.tfvars",
    "terraform/terraform.tfstate",
    "terraform/terraform.tfstate.d/x/terraform.tfstate",
    "terraform/prod.s3.tfbackend",
    "terraform/examples/production/staging.tfvars",
    "terraform/backend.tf",
    "terraform/saved.tfplan",
    "terraform/.terraform/x",
    "lambda/.env",
    "lambda/notes.txt",
    "lambda/payment_bot/.env",
)


@pytest.fixture(scope="module")
def used_clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which somebody works: their own files lie beside ours."""
    clone = tmp_path_factory.mktemp("clone") / "paybot"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(".git", ".venv", "build", ".paybot", ".*_cache"))
    for name in PRIVATE:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("canary-7f3a")
    return clone


@pytest.fixture(scope="module")
def wheel(used_clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of that clone, built without an index: its build tools are in this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, used_clone],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("paybot-*.whl"))


def test_init_from_a_clone_copies_nothing_of_its_owner_s(used_clone: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-P", "-m", "paybot_ops.cli", "init", tmp_path / "new"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(used_clone)},
        check=True,
        capture_output=True,
    )
    made = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert len(made) > 30
    assert [path for path in made if "canary-7f3a" in path.read_text(errors="replace")] == []


def test_the_wheel_holds_what_git_tracks_of_the_module_and_the_bot(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "terraform", "lambda"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    held = {name.removeprefix("paybot_ops/workspace/") for name in zipfile.ZipFile(wheel).namelist()}
    assert set(tracked) <= held
    content = zipfile.ZipFile(wheel)
    assert [name for name in content.namelist() if b"canary-7f3a" in content.read(name)] == []


def test_an_installed_wheel_makes_a_workspace(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    site = next((tmp_path / "venv/lib").glob("python3*/site-packages"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", site, wheel],
        check=True,
        capture_output=True,
    )
    # The dependencies come from this environment, by path: nothing is downloaded. A path file is not read again for
    # path files inside it, so the clone's own paybot_ops stays out of reach.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    workspace = tmp_path / "bot"
    done = subprocess.run(
        [python, "-P", "-m", "paybot_ops.cli", "init", workspace], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for name in ("terraform/versions.tf", "terraform/terraform.tfvars.example", "lambda/payment_bot/handler.py"):
        assert (workspace / name).read_bytes() == (ROOT / name).read_bytes()
    where = subprocess.run(
        [python, "-P", "-c", "import paybot_ops; print(paybot_ops.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert str(site) in where.stdout
