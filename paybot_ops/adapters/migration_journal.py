"""What a migration was about to change, on disk before it changes anything: to go on, or to put it back."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paybot_ops.errors import PaybotError

_FOLDER = "paybot-migration"
_RECORD = "journal.json"


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file as it was before: `content` is None where there was none."""

    path: Path
    content: bytes | None
    mode: int = 0o600


@dataclass(frozen=True, slots=True)
class Journal:
    """A migration under way: what it is about, and the files as they were before it."""

    folder: Path
    record: dict[str, Any]
    files: tuple[SavedFile, ...]


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
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PaybotError(
            "the journal of an interrupted migration cannot be read",
            why=f"{folder} is damaged ({type(error).__name__})",
            hint=f"the local copies of the state are beside the module; when all is well, remove {folder}",
        ) from error
    return Journal(folder, document["record"], files)


def is_migrating(data_dir: Path) -> bool:
    """Whether a migration has begun here and not ended."""
    return (data_dir / _FOLDER / _RECORD).is_file()


def begin_journal(data_dir: Path, record: dict[str, Any], paths: tuple[Path, ...]) -> Journal:
    """Save these files and then, as the last thing, the record: from then on the migration is under way."""
    folder = data_dir / _FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    files, listed = [], []
    for number, path in enumerate(paths):
        saved = None
        if path.is_file():
            saved = str(number)
            _write(folder / saved, path.read_bytes())
        mode = path.stat().st_mode & 0o777 if saved else 0o600
        listed.append({"path": str(path), "saved": saved, "mode": mode})
        files.append(SavedFile(path, (folder / saved).read_bytes() if saved else None, mode))
    temporary = folder / f"{_RECORD}.tmp"
    _write(temporary, json.dumps({"record": record, "files": listed}, indent=1).encode())
    temporary.replace(folder / _RECORD)
    return Journal(folder, record, tuple(files))


def end_journal(journal: Journal) -> None:
    """The migration has ended, well or put back: the record goes first."""
    (journal.folder / _RECORD).unlink(missing_ok=True)
    shutil.rmtree(journal.folder, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
