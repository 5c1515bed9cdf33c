"""`paybot package`: build the bundle, or say whether what is deployed is what the sources are."""

from __future__ import annotations

from pathlib import Path

from paybot_ops.adapters.lambda_ import download_code, find_function
from paybot_ops.adapters.packaging import BundleReport, build_bundle, read_built, source_hash
from paybot_ops.adapters.workspace import Workspace, find_workspace
from paybot_ops.core.bundle import code_differs, read_bundle_digest
from paybot_ops.core.reports import CodeDifference
from paybot_ops.errors import UsageError
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.target import Choice, find_target
from paybot_ops.screen import Screen


def package(screen: Screen, choice: Choice, *, force: bool) -> BundleReport:
    """Build the bundle of the workspace, if its sources or lock have changed.

    Raises:
        PaybotError: no bot here, an installer that fails, a folder that cannot be written.
    """
    workspace = find_workspace(Path.cwd(), choice.directory, choice.env)
    report = build_bundle(_bot(workspace), workspace.build, force=force, progress=lambda text: screen.note(f"  {text}"))
    for warning in report.warnings:
        screen.warn(warning)
    return report


def check(screen: Screen, choice: Choice) -> CodeDifference:
    """Compare the sources with the code behind the live alias.

    Raises:
        PaybotError: nothing is deployed, or AWS does not say.
    """
    target = find_target(screen, choice)
    outputs = read_outputs(target)
    name, alias = str(outputs.get("lambda_function_name", "")), str(outputs.get("lambda_alias") or "live")
    function = find_function(target.session, name, alias) if name else None
    if function is None:
        raise UsageError(f"there is no deployed function {name}:{alias}", hint="deploy it: paybot deploy")
    local = source_hash(_bot(target.source))
    built = read_built(target.source.build)
    differs = code_differs(source_sha256=local, deployed_sha256=function.code_sha256, built=built)
    deployed: str | None = local
    if differs is None:
        content = download_code(function)
        deployed = read_bundle_digest(content)
        differs = deployed != local
    return CodeDifference(name, function.version, function.description, local, deployed, differs)


def _bot(workspace: Workspace) -> Path:
    if workspace.bot is None:
        raise UsageError(
            f"there is no bot to package in {workspace.root}",
            why="lambda/requirements.txt is missing",
            hint="paybot init brings both the module and the bot",
        )
    return workspace.bot
