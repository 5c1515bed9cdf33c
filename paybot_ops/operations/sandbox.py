"""`paybot sandbox`: start, stop and find the embedded AWS of a workspace."""

from __future__ import annotations

from pathlib import Path

from paybot_ops.adapters.workspace import Workspace, find_workspace
from paybot_ops.operations.settings import read_settings
from paybot_ops.sandbox import DEFAULT_REGION, process
from paybot_ops.sandbox.process import Running
from paybot_ops.screen import Screen


def start(screen: Screen, directory: Path | None, port: int) -> Running:
    """Start the embedded AWS of this workspace in the deployment's region; the one that is running, if one is.

    Raises:
        SandboxError: the port is taken, or the `sandbox` extra is not installed.
    """
    workspace = _workspace(directory)
    reading, _variables = read_settings(workspace)
    with screen.step("embedded AWS"):
        return process.start(workspace.root, port=port, region=reading.settings.aws_region or DEFAULT_REGION)


def stop(directory: Path | None) -> bool:
    """Stop it; False when none was running."""
    return process.stop(_workspace(directory).root)


def status(directory: Path | None) -> Running | None:
    """The one that is running for this workspace."""
    return process.find(_workspace(directory).root)


def _workspace(directory: Path | None) -> Workspace:
    return find_workspace(Path.cwd(), directory, None)
