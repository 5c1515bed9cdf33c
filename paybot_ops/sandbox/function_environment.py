"""The environment variables of a function: Lambda's own, the function's, and nothing of this machine's."""

from __future__ import annotations

import os
from pathlib import Path

from paybot_ops.sandbox.functions import Function

# The interpreter itself may need these to start; Lambda sets its own LD_LIBRARY_PATH.
_FOR_THE_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

# Lambda sets no HOME, and its user's home folder does not exist. Without this botocore would find the real ~/.aws.
_NO_HOME = "/home/sbx_user1051"


def environment(
    function: Function, *, endpoint: str, runtime_api: str, log_stream: str, task_root: Path, runtime: Path, tmp: Path
) -> dict[str, str]:
    """The whole environment of a worker ("Defined runtime environment variables" of the Lambda guide).

    Beyond Lambda's: AWS_ENDPOINT_URL, HOME (a folder that does not exist) and TMPDIR (removed with the worker).
    """
    reserved = {
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": "ASIASANDBOXFUNCTION0",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_SESSION_TOKEN": "sandbox",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_LOG_FORMAT": function.logs.format,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": str(runtime),
    }
    if function.logs.application_level:
        reserved["AWS_LAMBDA_LOG_LEVEL"] = function.logs.application_level
    defaults = {
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "HOME": _NO_HOME,
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": str(tmp),
        "TZ": ":UTC",
    }
    loader = {name: os.environ[name] for name in _FOR_THE_LOADER if name in os.environ}
    return {**loader, **defaults, **function.variables, **reserved}
