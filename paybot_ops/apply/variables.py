"""Changes of the user's own files of values: one value, and not one other character."""

from __future__ import annotations

from pathlib import Path

from paybot_ops.adapters import files
from paybot_ops.core.alarm_threshold import SetVariable
from paybot_ops.core.hcl.edit import set_value
from paybot_ops.core.hcl.paths import Path as Argument


def set_variable(action: SetVariable) -> None:
    """Set one variable in a .tfvars file, which is made where there is none.

    Raises:
        PaybotError: the file cannot be edited or written; it is then as it was.
    """
    path = Path(action.file)
    whole = action.after == action.after.to_integral_value()
    value = int(action.after) if whole else action.after
    file = files.find_text_file(path)
    text = set_value(file.text if file else "", Argument(action.variable), value)
    if file is None:
        files.create_text_file(path, text)
    else:
        files.replace_text_file(file, text)
