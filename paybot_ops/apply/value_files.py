"""Changes of files of values, as they were planned: the whole text at once, or not at all."""

from __future__ import annotations

from paybot_ops.adapters.files import TextFile, create_text_file, replace_text_file
from paybot_ops.core.value_edits import ValueFile


def write(file: ValueFile) -> None:
    """Write one file.

    Raises:
        FileError: it cannot be written, or is not any more what was planned with; it is as it was.
    """
    if file.before is None:
        file.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_text_file(file.path, file.after)
    elif file.after != file.before:
        replace_text_file(TextFile(file.path, file.path.resolve(), file.before), file.after)
