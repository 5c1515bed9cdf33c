"""The commit that a workspace stands on, read from `.git` without starting git."""

from __future__ import annotations

from pathlib import Path


def find_commit(folder: Path) -> str | None:
    """The full hash of HEAD in the repository that holds `folder`; None outside one, or where it cannot be read."""
    for parent in (folder, *folder.parents):
        marker = parent / ".git"
        if marker.exists():
            try:
                return _head(_git_dir(marker))
            except OSError:
                return None
    return None


def _git_dir(marker: Path) -> Path:
    if marker.is_dir():
        return marker
    # A worktree or submodule: the file says where its directory is.
    target = marker.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    return (marker.parent / target).resolve()


def _head(git: Path) -> str | None:
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return head
    name = head.removeprefix("ref:").strip()
    common = git / (git / "commondir").read_text(encoding="utf-8").strip() if (git / "commondir").is_file() else git
    for folder in (git, common):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8").strip()
    packed = common / "packed-refs"
    if packed.is_file():
        for line in packed.read_text(encoding="utf-8").splitlines():
            if line.endswith(f" {name}"):
                return line.partition(" ")[0]
    return None
