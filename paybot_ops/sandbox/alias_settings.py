"""What moto forgets about Lambda's aliases: their revisions, and that no weights are no routing."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from paybot_ops.sandbox.part import Moto, signed_for
from paybot_ops.sandbox.protocols import error

_ALIAS = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/aliases/(?P<alias>[^/]+)")


class AliasSettings:
    """Refuses an update from a revision that is not the alias's any more, and gives each update a new one."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    def refuse(self, request: Request) -> Response | None:
        """Lambda's refusal of an update from an old revision (UpdateAlias: PreconditionFailedException, 412)."""
        asked = _update(request)
        if asked is None or not asked.get("RevisionId"):
            return None
        alias = self._find(request)
        if alias is None or alias.revision_id == asked["RevisionId"]:
            return None
        message = (
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
            "retrieve the latest Revision Id"
        )
        return error(request, "PreconditionFailedException", message, 412)

    def mend(self, request: Request, response: Response) -> None:
        """Give an alias that was updated its new revision, in moto and in the answer."""
        if response.status_code >= 300 or _update(request) is None:
            return
        alias = self._find(request)
        if alias is None:
            return
        alias.revision_id = str(uuid.uuid4())
        if not (alias.routing_config or {}).get("AdditionalVersionWeights"):
            alias.routing_config = None
        response.status_code = 200
        response.set_data(json.dumps(alias.to_json()))

    def _find(self, request: Request) -> Any:
        from moto.awslambda.exceptions import LambdaClientError

        match = _ALIAS.fullmatch(request.path)
        if match is None:
            return None
        with self._moto.backend("lambda", signed_for(request)[1]) as backend:
            try:
                return backend.get_alias(name=unquote(match["alias"]), function_name=unquote(match["function"]))
            except (LambdaClientError, KeyError):
                return None


def _update(request: Request) -> dict[str, Any] | None:
    if request.method != "PUT" or signed_for(request)[0] != "lambda" or not _ALIAS.fullmatch(request.path):
        return None
    try:
        asked = json.loads(request.get_data())
    except ValueError:
        return None
    return asked if isinstance(asked, dict) else None
