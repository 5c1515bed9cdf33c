"""A deployed function as Lambda would run it now: the version behind a name or alias, with its code and settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from paybot_ops.sandbox.lambda_settings import logging_config
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto
from paybot_ops.sandbox.rest_json import ApiError

_NAME = re.compile(
    r"^(?:arn:(?P<partition>aws[a-z-]*):lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):function:"
    r"|(?P<partial>\d{12}):function:)?(?P<name>[A-Za-z0-9_-]{1,64})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?$"
)


@dataclass(frozen=True)
class LogSettings:
    """Where a function logs and how; the levels are None where Lambda's text format ignores them."""

    group: str
    format: str = "Text"
    application_level: str | None = None
    system_level: str | None = None


@dataclass(frozen=True)
class Function:
    """One version of a function, as resolved for one invocation; `timeout` is in seconds, `memory_mb` in MiB."""

    region: str
    name: str
    version: str
    qualifier: str | None
    handler: str
    runtime: str
    role: str
    timeout: int
    memory_mb: int
    variables: Mapping[str, str]
    logs: LogSettings
    code: bytes = field(repr=False)
    code_sha256: str
    reserved_concurrency: int | None
    statements: tuple[Mapping[str, Any], ...] = field(repr=False)

    @property
    def arn(self) -> str:
        """The ARN that was invoked, with its alias or version if one was named."""
        arn = f"arn:aws:lambda:{self.region}:{ACCOUNT_ID}:function:{self.name}"
        return f"{arn}:{self.qualifier}" if self.qualifier else arn

    @property
    def sandbox_key(self) -> tuple[object, ...]:
        """Equal for two invocations that the same warm worker may serve."""
        variables = tuple(sorted(self.variables.items()))
        configuration = (self.handler, self.runtime, self.role, self.timeout, self.memory_mb, self.logs)
        return (self.region, self.name, self.version, self.code_sha256, configuration, variables)


def resolve(moto: Moto, name: str, qualifier: str | None, region: str) -> Function:
    """The function that this name or ARN and qualifier mean now.

    Raises ApiError: ResourceNotFoundException (404) for an unknown function, version or alias,
    InvalidParameterValueException (400) for a malformed name, InvalidRuntimeException (502) for what is no Python zip.
    """
    match = _NAME.match(name)
    if match is None:
        raise ApiError("InvalidParameterValueException", f"{name!r} is not a function name or ARN")
    if match["qualifier"] and qualifier and match["qualifier"] != qualifier:
        message = "The derived qualifier from the function name does not match the specified qualifier."
        raise ApiError("InvalidParameterValueException", message)
    qualifier = match["qualifier"] or qualifier
    region = match["region"] or region
    if (match["account"] or match["partial"] or ACCOUNT_ID) != ACCOUNT_ID:
        raise _not_found(region, match["name"], qualifier)
    with moto.backend("lambda", region) as backend:
        return _snapshot(_find(backend, region, match["name"], qualifier), region, qualifier)


def may_invoke(function: Function, service: str, source_arn: str) -> bool:
    """Whether the function's resource policy lets this AWS service invoke it on behalf of that source."""
    return any(_allows(statement, function.arn, service, source_arn) for statement in function.statements)


def _find(backend: Any, region: str, name: str, qualifier: str | None) -> Any:
    from moto.awslambda.exceptions import LambdaClientError

    try:
        found = backend.get_function(name, qualifier)
    except (LambdaClientError, KeyError):
        raise _not_found(region, name, qualifier) from None
    if found is None:
        raise _not_found(region, name, qualifier)
    return found


def _not_found(region: str, name: str, qualifier: str | None) -> ApiError:
    arn = f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{name}" + (f":{qualifier}" if qualifier else "")
    return ApiError("ResourceNotFoundException", f"Function not found: {arn}", status=404)


def _snapshot(found: Any, region: str, qualifier: str | None) -> Function:
    runtime = str(found.run_time or found.package_type)
    if not runtime.startswith("python"):
        raise ApiError("InvalidRuntimeException", f"The sandbox runs Python functions, not {runtime}.", status=502)
    # moto keeps the latest reservation on $LATEST, and versions are copies made when they were published.
    reserved = found.policy.parent.reserved_concurrency
    return Function(
        region=region,
        name=found.function_name,
        version=str(found.version),
        qualifier=qualifier,
        handler=found.handler,
        runtime=runtime,
        role=found.role,
        timeout=int(found.timeout),
        memory_mb=int(found.memory_size),
        variables=dict(found.environment_vars),
        logs=_log_settings(found),
        code=found.code_bytes,
        code_sha256=found.code_sha_256,
        reserved_concurrency=None if reserved is None else int(reserved),
        statements=tuple(found.policy.statements),
    )


def _log_settings(found: Any) -> LogSettings:
    config = logging_config(found)
    return LogSettings(
        config["LogGroup"], config["LogFormat"], config.get("ApplicationLogLevel"), config.get("SystemLogLevel")
    )


def _allows(statement: Mapping[str, Any], function_arn: str, service: str, source_arn: str) -> bool:
    principal = statement.get("Principal")
    principals = principal.get("Service") if isinstance(principal, Mapping) else principal
    condition = statement.get("Condition") or {}
    source = condition.get("ArnLike", {}).get("AWS:SourceArn")
    account = condition.get("StringEquals", {}).get("AWS:SourceAccount")
    return (
        statement.get("Effect") == "Allow"
        and (principals in (service, "*"))
        and statement.get("Action") in ("lambda:InvokeFunction", "lambda:*", "*")
        and statement.get("Resource") == function_arn
        and (source is None or fnmatchcase(source_arn, source))
        and (account is None or account == ACCOUNT_ID)
    )
