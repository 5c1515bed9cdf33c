"""What a migration was about to change, on disk before it changes anything: to go on, or to put it back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paybot_ops.errors import PaybotError

_FOLDER = "paybot-migration"
_RECORD = "journal.json"


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file as it was before: `content` is None where there was none."""

    path: Path
    content: bytes | None = field(repr=False)
    mode: int = 0o600


@dataclass(frozen=True, slots=True)
class Journal:
    """A migration under way: what it is about, the files as they were before it, and the states that it moves."""

    folder: Path
    record: Mapping[str, Any]
    files: tuple[SavedFile, ...]
    states: tuple[bytes, ...] = field(default=(), repr=False)


def find_journal(data_dir: Path) -> Journal | None:
    """The journal of a migration that did not end; what a kill left before its record was complete is none."""
    folder = data_dir / _FOLDER
    try:
        document = json.loads((folder / _RECORD).read_bytes())
        files = tuple(
            SavedFile(
                Path(item["path"]),
                None if item["saved"] is None else (folder / item["saved"]).read_bytes(),
                item["mode"],
            )
            for item in document["files"]
        )
        states = tuple((folder / f"state-{number}").read_bytes() for number in range(document["states"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PaybotError(
            "the journal of an interrupted migration cannot be read",
            why=f"{folder} is damaged ({type(error).__name__})",
            hint=f"the local copies of the state are beside the module; when all is well, remove {folder}",
        ) from error
    return Journal(folder, document["record"], files, states)


def is_migrating(data_dir: Path) -> bool:
    """Whether a migration has begun here and not ended."""
    return (data_dir / _FOLDER / _RECORD).is_file()


def begin_journal(
    data_dir: Path, record: Mapping[str, Any], paths: tuple[Path, ...], states: tuple[bytes, ...]
) -> Journal:
    """Save these files and states and then, as the last thing, the record: from then on it is under way.

    Raises:
        PaybotError: the data directory cannot be written; nothing was changed.
    """
    try:
        return _begun(data_dir / _FOLDER, record, paths, states)
    except OSError as error:
        raise PaybotError(
            f"{data_dir / _FOLDER} cannot be written", why=error.strerror or str(error), hint="nothing was changed"
        ) from error


def _begun(folder: Path, record: Mapping[str, Any], paths: tuple[Path, ...], states: tuple[bytes, ...]) -> Journal:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    files = tuple(_seen(path) for path in paths)
    for number, file in enumerate(files):
        if file.content is not None:
            _write(folder / f"file-{number}", file.content)
    for number, state in enumerate(states):
        _write(folder / f"state-{number}", state)
    listed = [
        {"path": str(file.path), "saved": None if file.content is None else f"file-{number}", "mode": file.mode}
        for number, file in enumerate(files)
    ]
    temporary = folder / f"{_RECORD}.tmp"
    _write(temporary, json.dumps({"record": record, "files": listed, "states": len(states)}, indent=1).encode())
    temporary.replace(folder / _RECORD)
    return Journal(folder, record, files, states)


def _seen(path: Path) -> SavedFile:
    if not path.is_file():
        return SavedFile(path, None)
    return SavedFile(path, path.read_bytes(), path.stat().st_mode & 0o777)


def end_journal(journal: Journal) -> None:
    """The migration has ended, well or put back: the record goes first."""
    (journal.folder / _RECORD).unlink(missing_ok=True)
    shutil.rmtree(journal.folder, ignore_errors=True)


def sweep(data_dir: Path) -> None:
    """Remove what a kill left of a journal that had ended, or had not begun: it holds copies of states."""
    if not is_migrating(data_dir):
        shutil.rmtree(data_dir / _FOLDER, ignore_errors=True)


def restore_file(file: SavedFile) -> None:
    """Make a file what it was: absent, or with this content and mode; one that is so already is not touched.

    Raises:
        PaybotError: it cannot be written.
    """
    try:
        if file.content is None:
            file.path.unlink(missing_ok=True)
        elif not file.path.is_file() or file.path.read_bytes() != file.content:
            temporary = file.path.with_name(f".{file.path.name}.paybot.tmp")
            _write(temporary, file.content)
            temporary.chmod(file.mode)
            # A link of the user's stays one: what it leads to is replaced.
            temporary.replace(file.path.resolve())
    except OSError as error:
        raise PaybotError(f"{file.path} cannot be put back", why=error.strerror or str(error)) from error


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
