"""`paybot outputs`: what the deployment says of itself, without running a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paybot_ops.core.chat import reachable_outputs
from paybot_ops.core.state import parse_state
from paybot_ops.errors import PaybotError
from paybot_ops.operations.target import Target


def read_outputs(target: Target) -> Mapping[str, Any]:
    """The root outputs by name; a local state is read as the file that it is, a remote one by Terraform.

    Raises:
        PaybotError: nothing is deployed.
    """
    if not target.state_is_remote:
        path = target.workspace.local_state
        state = parse_state(path.read_bytes()) if path.is_file() else None
        outputs = dict(state.outputs) if state else {}
    else:
        # Only here: what it needs of Terraform costs every command that reads a local state a tenth of its time.
        from paybot_ops.operations.initialize import ensure_initialized

        ensure_initialized(target)
        outputs = target.terraform.outputs()
    if not outputs:
        raise PaybotError(
            f"{target.settings.name} has no outputs", why="nothing is deployed here", hint="deploy it: paybot deploy"
        )
    return reachable_outputs(outputs, target.endpoint)
