"""What the isolated interpreter runs: AWS's own runtime client, over the bundle and nothing else.

Started by its path (`python -I -S function_bootstrap.py LIFELINE RUNTIME_FOLDER`), so it imports only the standard
library and, once `sys.path` is set, what a Lambda function would find.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from types import ModuleType

_RUNTIME_API = "/2018-06-01/runtime/invocation"


def main() -> None:
    """Serve invocations of `_HANDLER` until the runtime API or the sandbox is gone."""
    lifeline, runtime_folder = int(sys.argv[1]), sys.argv[2]
    os.set_inheritable(lifeline, False)
    threading.Thread(target=_die_with_the_sandbox, args=(lifeline,), daemon=True).start()
    # Framed messages keep a multi-line log record one event; sharing stdout's pipe keeps them in order with prints.
    os.environ["_LAMBDA_TELEMETRY_LOG_FD"] = str(os.dup(1))
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], runtime_folder]
    if importlib.util.find_spec("runtime_client") is None:
        sys.modules["runtime_client"] = _portable_runtime_client()

    from awslambdaric.__main__ import main as serve

    serve([sys.argv[0], os.environ["_HANDLER"]])


def _die_with_the_sandbox(lifeline: int) -> None:
    """The other end of this pipe is open only while the sandbox lives, however it ends."""
    os.read(lifeline, 1)
    os._exit(1)


def _portable_runtime_client() -> ModuleType:
    """A stand-in for awslambdaric's native `runtime_client`, which is built for Linux only."""
    import http.client

    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def call(method: str, path: str, body: bytes | None = None) -> tuple[bytes, dict[str, str]]:
        connection.request(method, _RUNTIME_API + path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        if response.status >= 400:
            raise RuntimeError(f"the runtime API answered {response.status}")
        return answer, dict(response.getheaders())

    def next_invocation() -> tuple[bytes, dict[str, object]]:
        event, headers = call("GET", "/next")
        # The native client parses this one header.
        return event, {**headers, "Lambda-Runtime-Deadline-Ms": int(headers["Lambda-Runtime-Deadline-Ms"])}

    def post_invocation_result(invoke_id: str, result: bytes, *_: object) -> None:
        call("POST", f"/{invoke_id}/response", result)

    def post_error(invoke_id: str, error: str, *_: object) -> None:
        call("POST", f"/{invoke_id}/error", error.encode())

    module = ModuleType("runtime_client")
    module.initialize_client = lambda _user_agent: None  # type: ignore[attr-defined]
    module.next = next_invocation  # type: ignore[attr-defined]
    module.post_invocation_result = post_invocation_result  # type: ignore[attr-defined]
    module.post_error = post_error  # type: ignore[attr-defined]
    return module


if __name__ == "__main__":
    main()
