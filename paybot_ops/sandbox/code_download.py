"""The zip of a deployed version, under the address that GetFunction gives: on AWS a presigned one, here loopback's."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

from werkzeug import Request, Response

from paybot_ops.sandbox.part import Moto

_PATH = re.compile(r"/_aws/lambda-code/(?P<region>[a-z0-9-]+)/(?P<name>[^/]+)/(?P<version>[^/]+)")


def location(endpoint: str, region: str, configuration: dict[str, Any]) -> str:
    """Where the code of a described version can be fetched."""
    name, version = quote(configuration["FunctionName"], safe=""), quote(configuration["Version"], safe="")
    return f"{endpoint}/_aws/lambda-code/{region}/{name}/{version}"


class CodeDownload:
    """Serves the zips that were uploaded."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    def answer(self, request: Request) -> Response | None:
        """The zip, or 404; None for every other path."""
        match = _PATH.fullmatch(request.path)
        if match is None or request.method != "GET":
            return None
        version = unquote(match["version"])
        with self._moto.backend("lambda", match["region"]) as backend:
            try:
                function = backend.get_function(unquote(match["name"]), None if version == "$LATEST" else version)
            except Exception:  # moto raises one type or another for what it does not have
                return Response("there is no such version", status=404)
            content = bytes(function.code_bytes or b"")
        return Response(content, content_type="application/zip")
