"""`paybot package --check`: is what customers talk to what the sources are?"""

from __future__ import annotations

from paybot_ops.adapters.lambda_ import download_code, find_function
from paybot_ops.adapters.packaging import read_built, source_hash
from paybot_ops.core.bundle import code_differs, read_bundle_digest
from paybot_ops.core.reports import CodeDifference
from paybot_ops.errors import UsageError
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.package import find_bot
from paybot_ops.operations.target import Choice, find_target
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
    local = source_hash(find_bot(target.source))
    built = read_built(target.source.build)
    differs = code_differs(source_sha256=local, deployed_sha256=function.code_sha256, built=built)
    deployed: str | None = local
    if differs is None:
        content = download_code(function)
        deployed = read_bundle_digest(content)
        differs = deployed != local
    return CodeDifference(name, function.version, function.description, local, deployed, differs)
