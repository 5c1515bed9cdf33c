"""The file of the backend's values: the one change on this machine, made when everything that it names is in place."""

from __future__ import annotations

from paybot_ops.adapters.files import FileError, create_text_file, find_text_file, replace_text_file
from paybot_ops.core.backend_file import WriteBackendFile, backend_text


def write(action: WriteBackendFile) -> None:
    """Write the file, or change it as it is now.

    Raises:
        FileError: it cannot be written; what is there stays.
    """
    present = find_text_file(action.path)
    wanted = backend_text(action, present.text if present else None)
    if present is not None:
        if wanted != present.text:
            replace_text_file(present, wanted)
        return
    try:
        create_text_file(action.path, wanted)
    except FileError:
        # Another run may have written the very same since.
        other = find_text_file(action.path)
        if other is None or other.text != wanted:
            raise
