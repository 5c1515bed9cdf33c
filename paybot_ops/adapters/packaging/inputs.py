"""What a bundle is made from, read from the bot's directory; and what a disk that refuses means."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from paybot_ops.core.bundle import LOCK, digest_inputs, is_source
from paybot_ops.errors import PaybotError, UsageError


def source_hash(lambda_dir: Path) -> str:
    """Base64 SHA-256 of what a bundle is made from: the packages in `lambda_dir`, its lock, the builder's rules.

    Raises UsageError when there is no lock or no package.
    """
    return digest_inputs(read_inputs(lambda_dir))


def read_inputs(lambda_dir: Path) -> dict[str, bytes]:
    """The bot's packages and top-level modules, and its lock, by path relative to `lambda_dir`.

    Raises UsageError when there is no lock or no package.
    """
    hint = f"run paybot where the workspace's {lambda_dir.name}/ is, or make one with: paybot init"
    try:
        lock = (lambda_dir / LOCK).read_bytes()
        tops = sorted(lambda_dir.iterdir())
    except OSError as error:
        what = f"the bot's lock {lambda_dir / LOCK} cannot be read"
        raise UsageError(what, why=error.strerror or "", hint=hint) from error
    files: dict[str, bytes] = {}
    with disk_errors(lambda_dir):
        for top in tops:
            if top.suffix == ".py" and not top.name.startswith("."):
                files[top.name] = top.read_bytes()
            elif (top / "__init__.py").is_file() and is_source(top.name):
                files |= {f"{top.name}/{path}": content for path, content in files_below(top, is_source)}
    if not files:
        raise UsageError(f"there is no Python package in {lambda_dir}", why="no directory with __init__.py", hint=hint)
    return files | {LOCK: lock}


def files_below(root: Path, wanted: Callable[[str], bool] = lambda _: True) -> Iterator[tuple[str, bytes]]:
    """Each wanted file below `root`: its relative path with forward slashes, and its content."""
    for directory, _, names in os.walk(root):
        for name in names:
            path = Path(directory, name)
            relative = path.relative_to(root).as_posix()
            if wanted(relative):
                yield relative, path.read_bytes()


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turns what the disk refuses into a PaybotError about `where`."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, where) from error


def disk_error(error: OSError, where: Path) -> PaybotError:
    """Why a bundle could not be built, and what to do about it."""
    hints = {
        errno.ENOSPC: "free some space (a build needs about 60 MB for a moment) and run it again",
        errno.EDQUOT: "your disk quota is used up; free some space and run it again",
        errno.EROFS: "the file system is read-only: work in a copy of the workspace",
    }
    hint = hints.get(error.errno or 0, "check the directory's owner and permissions")
    return PaybotError(f"the bundle cannot be built in {where}", why=error.strerror or str(error), hint=hint)
