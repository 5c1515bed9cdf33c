"""`paybot package --check`: is what customers talk to what the sources are?"""

from __future__ import annotations

from paybot_ops.adapters.lambda_ import DeployedFunction, download_code, find_function
from paybot_ops.adapters.packaging import read_built, source_hash
from paybot_ops.core.bundle import code_differs, read_bundle_digest
from paybot_ops.core.reports import CodeDifference
from paybot_ops.errors import UsageError
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.package import find_bot
from paybot_ops.operations.target import Choice, Target, find_target
from paybot_ops.screen import Screen


def check_package(screen: Screen, choice: Choice) -> CodeDifference:
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
    return compare_code(target, function)


def compare_code(target: Target, function: DeployedFunction, recorded: str = "") -> CodeDifference:
    """Compare the sources with a deployed version; `recorded` is its source hash, where that is known already.

    Raises:
        PaybotError: there are no sources, or the deployed zip cannot be had.
    """
    local = source_hash(find_bot(target.source))
    built = read_built(target.source.build)
    differs = code_differs(source_sha256=local, deployed_sha256=function.code_sha256, built=built)
    deployed: str | None = local
    if differs is None:
        deployed = recorded or read_bundle_digest(download_code(function))
        differs = deployed != local
    return CodeDifference(function.name, function.version, function.description, local, deployed, differs)
