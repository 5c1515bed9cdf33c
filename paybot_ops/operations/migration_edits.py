"""What a migration writes into the module's files, worked out before anything is written."""

from __future__ import annotations

from pathlib import Path

from paybot_ops.adapters.files import find_text_file
from paybot_ops.core.backend_edit import BACKEND_FILE, BACKEND_TEXT, to_local, to_s3, with_block, with_values
from paybot_ops.core.migration_actions import FileEdit
from paybot_ops.operations.state_place import backend_file_path, s3_values
from paybot_ops.operations.target import Target


def edits_to_s3(target: Target) -> tuple[FileEdit, ...]:
    """The S3 backend block, in the file whose block is active or in `backend.tf`, and the values that are missing."""
    values, _origin = s3_values(target)
    backend = target.backend
    path = backend.path if backend is not None else target.workspace.directory / BACKEND_FILE
    text = _text(path)
    after = to_s3(text, values) if backend is not None and text is not None else with_block(text)
    return _changed(FileEdit(path.name, text, after), _values_edit(target))


def edits_to_local(target: Target) -> tuple[FileEdit, ...]:
    """The S3 block gone: with the file, where that is paybot's own; values that stood only in it are kept aside."""
    backend = target.backend
    assert backend is not None
    text = _text(backend.path)
    after = None if text == BACKEND_TEXT else to_local(text or "")
    return _changed(_values_edit(target), FileEdit(backend.path.name, text, after))


def _values_edit(target: Target) -> FileEdit:
    values, _origin = s3_values(target)
    path = backend_file_path(target)
    text = _text(path)
    return FileEdit(path.name, text, with_values(text, values))


def _changed(*edits: FileEdit) -> tuple[FileEdit, ...]:
    return tuple(edit for edit in edits if edit.before != edit.after)


def _text(path: Path) -> str | None:
    file = find_text_file(path)
    return file.text if file is not None else None
