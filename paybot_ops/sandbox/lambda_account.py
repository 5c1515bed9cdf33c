"""Lambda's account: its quota of concurrent runs, which moto does not know, and reservations that must leave some.

Sources: Lambda's API reference (GetAccountSettings), "Lambda quotas", "Configuring reserved concurrency".
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from paybot_ops.core.concurrency import kept_free, reservable
from paybot_ops.sandbox.part import Moto, signed_for
from paybot_ops.sandbox.rest_json import ApiError, error_response, json_response, raw_path

_SETTINGS = re.compile(r"/2016-08-19/account-settings/?")
_CONCURRENCY = re.compile(r"/2017-10-31/functions/(?P<name>[^/]+)/concurrency/?")
_QUOTA = 1000
_CODE_BYTES = {"TotalCodeSize": 80_530_636_800, "CodeSizeUnzipped": 262_144_000, "CodeSizeZipped": 52_428_800}


class LambdaAccount:
    """The account as Lambda sees it, in each region."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    def answer(self, request: Request) -> Response | None:
        """GetAccountSettings; the refusal of a PutFunctionConcurrency that asks for too much. None to all else."""
        service, region = signed_for(request)
        if service != "lambda":
            return None
        if request.method == "GET" and _SETTINGS.fullmatch(request.path):
            return json_response(self._settings(region))
        match = _CONCURRENCY.fullmatch(raw_path(request)) if request.method == "PUT" else None
        return self._refusal(request, unquote(match["name"]), region) if match else None

    def _settings(self, region: str) -> dict[str, Any]:
        functions = self._functions(region)
        return {
            "AccountLimit": {
                **_CODE_BYTES,
                "ConcurrentExecutions": _QUOTA,
                "UnreservedConcurrentExecutions": _unreserved(functions),
            },
            "AccountUsage": {
                "TotalCodeSize": sum(function.code_size for function in functions),
                "FunctionCount": len(functions),
            },
        }

    def _refusal(self, request: Request, name: str, region: str) -> Response | None:
        wanted = _wanted(request)
        # A name may be an ARN; what the function itself has reserved is given back first.
        others = [function for function in self._functions(region) if function.function_name != name.split(":")[-1]]
        if wanted is None or wanted <= reservable(_QUOTA, _unreserved(others)):
            return None
        return error_response(
            ApiError(
                "InvalidParameterValueException",
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{kept_free(_QUOTA)}].",
            )
        )

    def _functions(self, region: str) -> list[Any]:
        with self._moto.backend("lambda", region) as backend:
            return list(backend.list_functions())


def _unreserved(functions: list[Any]) -> int:
    return _QUOTA - sum(int(function.reserved_concurrency or 0) for function in functions)


def _wanted(request: Request) -> int | None:
    try:
        return int(json.loads(request.get_data())["ReservedConcurrentExecutions"])
    except (ValueError, KeyError, TypeError):
        return None
