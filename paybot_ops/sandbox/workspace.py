"""The embedded AWS's own copy of a workspace: no command on it can touch a real state, nor the other way round."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

_LOCAL_BACKEND = """\
# The embedded AWS has a state of its own, whatever backend the workspace has.
terraform {
  backend "local" {}
}
"""
_OVERRIDE = "paybot_sandbox_override.tf"
# A state, a plan and what Terraform or paybot wrote for the real deployment stay where they are.
_LEFT = ("*.tfstate", "*.tfstate.*", "*.tfplan", "*.tfbackend", ".*")


def copy_module(source: Path, target: Path) -> None:
    """Bring the copy's own files up to date: what is gone from the source goes, state and providers stay."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {path.name: path for path in source.iterdir() if path.is_file() and not _is_left(path.name)}
    for stale in target.iterdir():
        if stale.is_file() and not _is_left(stale.name) and stale.name not in wanted and stale.name != _OVERRIDE:
            stale.unlink()
    for name, path in wanted.items():
        _copy_if_changed(path, target / name)
    for folder in source.iterdir():
        # Local modules that the root refers to; tests, examples and Terraform's own folders are not applied.
        if folder.is_dir() and not _is_left(folder.name) and folder.name not in ("tests", "examples"):
            shutil.copytree(folder, target / folder.name, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    override = target / _OVERRIDE
    if not override.exists():
        override.write_text(_LOCAL_BACKEND, encoding="utf-8")


def _is_left(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _LEFT)


def copy_bundle(source: Path, target: Path) -> None:
    """Give the copy the bundle that was built for the workspace."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("lambda.zip", "lambda.sha256"):
        if (source / name).is_file():
            _copy_if_changed(source / name, target / name)


def environment(environ: Mapping[str, str], endpoint: str, region: str) -> dict[str, str]:
    """The environment of a Terraform that talks to the embedded AWS: the user's, without anything of their accounts."""
    kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _copy_if_changed(source: Path, target: Path) -> None:
    """Copy, keeping the time of an unchanged file, so that nothing after it takes it for new."""
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return
    shutil.copyfile(source, target)
