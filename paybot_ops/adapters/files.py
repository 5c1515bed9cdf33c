"""Text files of the user: read exactly as they are, replaced whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paybot_ops.errors import PaybotError, UsageError

_ANY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class FileError(PaybotError):
    """A file that cannot be read or written; the file on disk is as it was."""

    kind = "file"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file as it was read: the path it was asked for by, where that leads to, and every character of it.

    `text` keeps a byte order mark and the line ends that are in the file.
    """

    path: Path
    target: Path
    text: str


def find_text_file(path: Path) -> TextFile | None:
    """A UTF-8 file, or None when there is none; raises `FileError`, and `UsageError` for bytes that are not UTF-8."""
    try:
        target = path.resolve(strict=True)
        content = target.read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError) as refused:
        raise FileError(f"{path} cannot be read", why=_reason(refused)) from refused
    try:
        return TextFile(path, target, content.decode())
    except UnicodeDecodeError as refused:
        line = content.count(b"\n", 0, refused.start) + 1
        raise UsageError(f"{path} is not UTF-8 text", why=f"line {line} holds a byte that is not") from None


def read_text_file(path: Path) -> TextFile:
    """A UTF-8 file that must be there; raises as `find_text_file` does, and `UsageError` when it is absent."""
    found = find_text_file(path)
    if found is None:
        raise UsageError(f"{path} does not exist")
    return found


def replace_text_file(file: TextFile, text: str) -> TextFile:
    """Replaces the whole content at once, and returns the file as it then is.

    Permissions and owner stay, a symbolic link stays one and its target is replaced. Raises `FileError`, with nothing
    written, when the file was changed or its link moved since it was read, when it is read-only, or when the disk is
    full. Between the last look at the file and its replacement lie microseconds, not the time that a user ponders.
    """
    try:
        status = check_writable(file)
        with _temporary_file(file.target, text) as temporary:
            _keep_owner_and_mode(temporary, status)
            _refuse_if_changed(file)
            temporary.replace(file.target)
            _sync_directory(file.target.parent)
    except OSError as refused:
        raise FileError(f"{file.path} cannot be written", why=_reason(refused)) from refused
    return TextFile(file.path, file.target, text)


def check_writable(file: TextFile) -> os.stat_result:
    """Raise `FileError` when a file is read-only, which a rename would not mind; else what the system says of it."""
    status = file.target.stat()
    if not status.st_mode & _ANY_WRITE or not os.access(file.target, os.W_OK):
        raise FileError(f"{file.path} cannot be written", why="it is read-only", hint=f"chmod u+w {file.path}")
    return status


def check_creatable(path: Path) -> None:
    """Raise `FileError` when no file can be made there."""
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise FileError(f"{path} cannot be created", why=f"{path.parent} is not a folder that can be written to")


def close_to_others(path: Path, mask: int) -> None:
    """Take the permission bits of `mask` on a file away; raises `FileError` when that is not allowed."""
    try:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~mask)
    except OSError as refused:
        raise FileError(f"the mode of {path} cannot be changed", why=_reason(refused)) from refused


def create_text_file(path: Path, text: str) -> TextFile:
    """Writes a file that is not there yet; raises `FileError` when it is, or cannot be written."""
    try:
        target = path.parent.resolve(strict=True) / path.name
        with _temporary_file(target, text) as temporary:
            temporary.chmod(0o666 & ~_umask())
            # A link fails where the name is taken, which a rename would overwrite.
            target.hardlink_to(temporary)
            _sync_directory(target.parent)
    except OSError as refused:
        raise FileError(f"{path} cannot be created", why=_reason(refused)) from refused
    return TextFile(path, target, text)


@contextlib.contextmanager
def _temporary_file(target: Path, text: str) -> Iterator[Path]:
    """A file beside the target with the text safely on the disk; gone afterwards unless it was renamed."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _keep_owner_and_mode(temporary: Path, status: os.stat_result) -> None:
    own = temporary.stat()
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        # Only root may give a file away; a group that the user is in can be kept.
        with contextlib.suppress(PermissionError):
            os.chown(temporary, -1, status.st_gid)
        with contextlib.suppress(PermissionError):
            os.chown(temporary, status.st_uid, -1)
    temporary.chmod(stat.S_IMODE(status.st_mode))


def _refuse_if_changed(file: TextFile) -> None:
    try:
        unchanged = file.path.resolve(strict=True) == file.target and file.target.read_bytes() == file.text.encode()
    except FileNotFoundError:
        unchanged = False
    if not unchanged:
        raise FileError(
            f"{file.path} was changed by somebody else in the meantime",
            why="nothing was written",
            hint="run the command again",
        )


def _sync_directory(directory: Path) -> None:
    """Makes a rename survive a power cut; some file systems know no such thing."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(refused: BaseException) -> str:
    return refused.strerror if isinstance(refused, OSError) and refused.strerror else "its symbolic link leads nowhere"
