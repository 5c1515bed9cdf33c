"""The function of a deployment, found in its state: a file, or an object in S3 that is read without Terraform."""

from __future__ import annotations

from paybot_ops.core.backend import LocalPlace
from paybot_ops.core.chat import reachable_outputs
from paybot_ops.core.live_function import LiveFunction, parse_live
from paybot_ops.core.state_document import StateDocument, parse_state_document
from paybot_ops.errors import PaybotError, UsageError
from paybot_ops.operations.initialize import ensure_initialized
from paybot_ops.operations.preflight import check_local_state, check_state_owner
from paybot_ops.operations.state_place import current_place, find_local_state, remote_of
from paybot_ops.operations.target import Target


def find_live(target: Target) -> LiveFunction | None:
    """The function that is deployed; None where nothing is.

    Raises:
        PaybotError: the state cannot be read, or is that of another account or environment.
    """
    state = _read_state(target)
    if state is None:
        return None
    if target.state_is_remote:
        check_state_owner(state.summary, target.identity.account)
    else:
        check_local_state(target, state.summary)
    return parse_live(state.document, reachable_outputs(state.summary.outputs, target.endpoint))


def live_function(target: Target) -> LiveFunction:
    """The function that is deployed. Raises as `find_live` does, and `PaybotError` where nothing is deployed."""
    found = find_live(target)
    if found is None:
        raise PaybotError(
            f"{target.settings.name} has no function",
            why="its Terraform state records none",
            hint="deploy it: paybot deploy; a state that is elsewhere: --dir, --env",
        )
    return found


def aliased_function(target: Target) -> LiveFunction:
    """The function, with an alias that can be moved.

    Raises:
        UsageError: the module makes no alias: its API invokes the function itself, whose code has no past.
    """
    found = live_function(target)
    if not found.alias:
        raise UsageError(
            f"the function {found.function} has no alias",
            why="the module's API invokes the function itself, so there is no earlier version to point it to",
            hint="deploy the earlier sources; or publish versions behind an alias, as the module of paybot init does",
        )
    return found


def _read_state(target: Target) -> StateDocument | None:
    workspace = target.workspace.selected
    backend = target.backend
    if backend is not None and backend.block.type not in ("local", "s3"):
        # Terraform alone can read it.
        ensure_initialized(target)
        return parse_state_document(target.terraform.state_pull().encode())
    place = current_place(target)
    if isinstance(place, LocalPlace):
        return find_local_state(target, place, workspace)
    return remote_of(target, place).find_state(workspace)[0]
