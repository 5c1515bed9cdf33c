"""Terraform's local states: the files of each workspace, whether one is locked, and private copies of them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paybot_ops.errors import PaybotError


def list_workspaces(folder: Path) -> tuple[str, ...]:
    """The workspaces beside the default one that have a local state file under `terraform.tfstate.d`."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(item.name for item in folder.iterdir() if (item / "terraform.tfstate").is_file()))


def read_bytes(path: Path) -> bytes | None:
    """The content of a file; None when there is none.

    Raises:
        PaybotError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PaybotError(f"{path} cannot be read", why=error.strerror or str(error)) from error


def write_private(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner alone: a state holds secrets.

    What a killed run left half-written is overwritten, not left beside it: the caller holds the run lock.

    Raises:
        PaybotError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.paybot.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise PaybotError(f"{path} cannot be written", why=error.strerror or str(error)) from error


def is_locked(path: Path) -> bool:
    """Whether a Terraform that runs now holds the lock on a local state; the lock ends with its process."""
    try:
        with path.open("r+b") as stream:
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        raise PaybotError(f"{path} cannot be opened", why=error.strerror or str(error)) from error
    return False


def lock_text(path: Path) -> str:
    """What Terraform wrote of the holder of a local lock; empty when it wrote nothing."""
    info = path.with_name(f".{path.name}.lock.info")
    return info.read_text(encoding="utf-8", errors="replace") if info.is_file() else ""


@contextmanager
def locked(path: Path, info: str) -> Iterator[bool]:
    """Hold the lock on a local state as Terraform does; False, without it, when somebody else does."""
    beside = path.with_name(f".{path.name}.lock.info")
    with path.open("r+b") as stream:
        try:
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            beside.write_text(info, encoding="utf-8")
            yield True
        finally:
            beside.unlink(missing_ok=True)
