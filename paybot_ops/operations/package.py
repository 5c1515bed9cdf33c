"""`paybot package`: build the bundle."""

from __future__ import annotations

from pathlib import Path

from paybot_ops.adapters.packaging import BundleReport, build_bundle
from paybot_ops.adapters.workspace import Workspace, find_workspace
from paybot_ops.errors import UsageError
from paybot_ops.screen import Screen


def package(screen: Screen, directory: Path | None, *, force: bool) -> BundleReport:
    """Build the bundle of the workspace, if its sources or lock have changed.

    Raises:
        PaybotError: no bot here, an installer that fails, a folder that cannot be written.
    """
    workspace = find_workspace(Path.cwd(), directory, None)
    report = build_bundle(
        find_bot(workspace), workspace.build, force=force, progress=lambda text: screen.note(f"  {text}")
    )
    for warning in report.warnings:
        screen.warn(warning)
    return report


def find_bot(workspace: Workspace) -> Path:
    """The folder of the workspace's bot.

    Raises:
        UsageError: there is none.
    """
    if workspace.bot is None:
        raise UsageError(
            f"there is no bot to package in {workspace.root}",
            why="lambda/requirements.txt is missing",
            hint="paybot init brings both the module and the bot",
        )
    return workspace.bot
