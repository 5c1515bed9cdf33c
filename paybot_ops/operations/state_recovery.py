"""A local state that a killed apply left empty or half-written: back to what it was before, then what came since.

Terraform empties the file, then writes it: killed in between, it leaves nothing, and takes that for a deployment that
was never made. Its own backup holds the state from before that apply; the apply's journal names what was created since.
"""

from __future__ import annotations

from paybot_ops.adapters.local_states import locked, read_bytes, write_private
from paybot_ops.core.state import parse_state
from paybot_ops.errors import PaybotError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.target import Target


def recover_cut_off_state(target: Target, gate: Gate) -> None:
    """Put the backup back where an apply of ours was cut off while it wrote the state.

    Raises:
        PaybotError: the run only looks; a plan now would want to create everything again.
        ConfirmationError: it was declined, or nobody is there to be asked.
    """
    path = target.workspace.local_state
    if target.state_is_remote or not path.is_file() or not target.terraform.journal.is_file():
        return
    with locked(path, "") as ours:
        # Whoever holds the lock may be writing it right now.
        if not ours or _is_whole(read_bytes(path) or b""):
            return
        backup = path.with_name(f"{path.name}.backup")
        content = read_bytes(backup) or b""
        if not _is_whole(content):
            return
        what = f"an earlier run was killed while Terraform wrote {path.name}, and nothing usable is left of it"
        if gate.looks_only:
            raise PaybotError(
                what, why="a plan made now would want everything again", hint="paybot deploy puts the backup back first"
            )
        target.screen.confirm(f"{what}; put {backup.name} back?", yes=gate.yes)
        write_private(path, content)
        target.screen.note(f"  {path.name}: {backup.name} was put back")


def _is_whole(content: bytes) -> bool:
    try:
        return parse_state(content) is not None
    except PaybotError:
        return False
