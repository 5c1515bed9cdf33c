"""Lambda's own lines in a function's log, in its text or its JSON log format.

Shapes: "Viewing CloudWatch logs for Lambda functions" and "Lambda Telemetry API Event schema reference".
"""

from __future__ import annotations

import json
import math
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.functions import Function


@dataclass(frozen=True)
class Measured:
    """What Lambda reports about one invocation; times in milliseconds, memory in MiB."""

    duration_ms: float
    init_ms: float | None
    memory_used_mb: int
    status: str  # success, error, timeout, failure: the Telemetry API's words


def init_start(function: Function) -> str:
    """The line of a cold start; it names the interpreter that really runs."""
    interpreter = f"CPython {platform.python_version()} in the paybot sandbox"
    version = f"{function.runtime.replace('python', 'python:')} ({interpreter})"
    if function.logs.format == "JSON":
        return _event("initStart", {"initializationType": "on-demand", "runtimeVersion": version})
    return f"INIT_START Runtime Version: {version}\n"


def start(function: Function, request_id: str) -> str:
    """The line of an invocation's begin."""
    if function.logs.format == "JSON":
        return _event("start", {"requestId": request_id, "version": function.version})
    return f"START RequestId: {request_id} Version: {function.version}\n"


def end(function: Function, request_id: str, measured: Measured) -> list[str]:
    """The lines of an invocation's end, with its report."""
    if function.logs.format == "JSON":
        return [_event("report", _record(function, request_id, measured))]
    billed = math.ceil(measured.duration_ms + (measured.init_ms or 0))
    fields = [
        f"Duration: {measured.duration_ms:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {function.memory_mb} MB",
        f"Max Memory Used: {measured.memory_used_mb} MB",
    ]
    if measured.init_ms is not None:
        fields.append(f"Init Duration: {measured.init_ms:.2f} ms")
    if measured.status != "success":
        fields.append(f"Status: {measured.status}")
    report = "".join(f"{field}\t" for field in [f"REPORT RequestId: {request_id}", *fields])
    return [f"END RequestId: {request_id}\n", f"{report}\n"]


def timed_out(function: Function, request_id: str) -> str:
    """Lambda's message for a function that used up its timeout, as it stands in the log and in the answer."""
    return f"{_now()} {request_id} Task timed out after {function.timeout:.2f} seconds"


def shown(function: Function, status: str) -> bool:
    """Whether the system log level lets an event of this status through; text logs have no level."""
    return function.logs.system_level in (None, "DEBUG", "INFO") or status != "success"


def _record(function: Function, request_id: str, measured: Measured) -> dict[str, Any]:
    metrics = {
        "durationMs": round(measured.duration_ms, 3),
        "billedDurationMs": math.ceil(measured.duration_ms + (measured.init_ms or 0)),
        "memorySizeMB": function.memory_mb,
        "maxMemoryUsedMB": measured.memory_used_mb,
    }
    if measured.init_ms is not None:
        metrics["initDurationMs"] = round(measured.init_ms, 3)
    return {"requestId": request_id, "metrics": metrics, "status": measured.status}


def _event(kind: str, record: dict[str, Any]) -> str:
    return json.dumps({"time": _now(), "type": f"platform.{kind}", "record": record}) + "\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
