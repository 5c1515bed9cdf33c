"""The commit of a workspace, compared with what git itself says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from paybot_ops.adapters.git import find_commit


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    return tmp_path


def test_on_a_branch_in_a_subfolder_and_packed(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    (repository / "a/b").mkdir(parents=True)
    assert find_commit(repository / "a/b") == head
    git(repository, "pack-refs", "--all")
    assert find_commit(repository) == head


def test_detached_and_in_a_worktree(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "worktree", "add", "-q", "tree", "-b", "other")
    assert find_commit(repository / "tree") == head
    git(repository, "checkout", "-q", "--detach")
    assert find_commit(repository) == head


def test_nowhere_and_before_the_first_commit(tmp_path: Path) -> None:
    assert find_commit(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert find_commit(tmp_path) is None
