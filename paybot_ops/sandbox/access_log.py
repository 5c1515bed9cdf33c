"""`$context` variables of a request to the deployed API, and the stage's access log made of them."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping

from paybot_ops.sandbox.log_delivery import deliver
from paybot_ops.sandbox.part import Moto

Context = dict[str, object]
"""Names without `$context.`, dots included ("API Gateway mapping template and access logging variable reference")."""

# A name never ends with a dot: the one that ends a sentence stays.
_VARIABLE = re.compile(r"\$context((?:\.[A-Za-z0-9_-]+)+)")


def substitute(text: str, context: Mapping[str, object], *, missing: str) -> str:
    """The text with every `$context.<name>` replaced by its value, or by `missing`."""

    def value(match: re.Match[str]) -> str:
        found = context.get(match[1][1:])
        return missing if found is None else str(found)

    return _VARIABLE.sub(value, text)


def write(moto: Moto, region: str, api_id: str, stage: str, settings: Mapping[str, str], context: Context) -> None:
    """Add the line of one request to the stage's log group; nothing if the stage keeps no access log.

    API Gateway never makes the group: without it the line is lost.
    """
    destination, form = settings.get("destinationArn"), settings.get("format")
    if not destination or not form:
        return
    group = destination.partition(":log-group:")[2].removesuffix(":*")
    stream = hashlib.sha256(f"{api_id}/{stage}".encode()).hexdigest()[:32]
    line = substitute(form, context, missing="-")
    deliver(moto, region, group, stream, [{"timestamp": time.time_ns() // 1_000_000, "message": line}])
