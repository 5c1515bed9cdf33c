"""The embedded AWS as one process: `python -m paybot_ops.sandbox.server`, started by `paybot_ops.sandbox.process`."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import responder

from paybot_ops.sandbox.aws import Aws, failed
from paybot_ops.sandbox.call_log import CallLog
from paybot_ops.sandbox.cloudwatch import CloudWatch
from paybot_ops.sandbox.code_download import CodeDownload
from paybot_ops.sandbox.control import Control
from paybot_ops.sandbox.converse import Converse
from paybot_ops.sandbox.faults import Faults
from paybot_ops.sandbox.guardrail_apply import ApplyGuardrail
from paybot_ops.sandbox.guardrails import Guardrails
from paybot_ops.sandbox.invocation_logging import InvocationLogging
from paybot_ops.sandbox.lambda_account import LambdaAccount
from paybot_ops.sandbox.lambda_part import LambdaPart
from paybot_ops.sandbox.logs import Logs
from paybot_ops.sandbox.loopback import DropConnection, LoopbackServer
from paybot_ops.sandbox.model_requests import ModelRequests
from paybot_ops.sandbox.models import Models
from paybot_ops.sandbox.part import ACCOUNT_ID, DEFAULT_REGION, Moto, Part
from paybot_ops.sandbox.quotas import Quotas
from paybot_ops.sandbox.rest_api import RestApiPart
from paybot_ops.sandbox.sns import Sns
from paybot_ops.sandbox.stripe_control import StripeControl
from paybot_ops.sandbox.stripe_server import StripePart
from paybot_ops.sandbox.unsimulated import Unsimulated

PARENT_CHECK_SECONDS = 0.25


class Sandbox:
    """The running embedded AWS. The socket listens, and requests are answered, once this is made.

    Port 0 lets the system choose one. Raises OSError when the port is taken. Use as a context manager, or close it.
    """

    def __init__(self, port: int = 0, region: str = DEFAULT_REGION, instance: str = "") -> None:
        self.instance = instance or secrets.token_hex(16)
        self.region = region
        self.stop_requested = threading.Event()
        self._server = LoopbackServer(port)
        self.endpoint = self._server.endpoint
        self.moto = Moto(self.endpoint)
        self.faults = Faults()
        self.call_log = CallLog()
        self._lambda = LambdaPart(self.moto)
        self._rest_api = RestApiPart(self.moto, self._lambda)
        self._cloudwatch = CloudWatch(self.moto)
        sns = Sns(self.moto, self._lambda)
        guardrails = Guardrails(self.moto)
        self.stripe = StripePart(self.endpoint)
        self.model_requests = ModelRequests()
        self._parts: tuple[Part, ...] = (
            StripeControl(self.stripe),
            self.model_requests,
            self.call_log,
            Control(self.instance, region, self.faults, self.stop_requested.set, lambda: list(sns.outbox)),
            self.faults,
            self.stripe,
            self._rest_api,
            self._lambda,
            LambdaAccount(self.moto),
            CodeDownload(self.moto),
            guardrails,
            ApplyGuardrail(self.moto, guardrails),
            Models(),
            InvocationLogging(),
            Quotas(),
            Converse(self.moto, guardrails, record=self.model_requests.record),
            self._cloudwatch,
            Logs(self.moto),
            sns,
            Unsimulated(),
        )
        self._aws = Aws(self.moto)
        self._server.application = responder(lambda environ, _start: self._answer(Request(environ)))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self._thread.start()

    def _answer(self, request: Request) -> Response:
        answers = (part.answer(request) for part in self._parts)
        try:
            found = next((answer for answer in answers if answer is not None), None)
        except (DropConnection, HTTPException):
            raise
        except Exception as problem:
            return failed(request, problem)
        answer = self._aws.answer(request) if found is None else found
        if self.faults.loses_answer(request):
            raise DropConnection
        return answer

    def close(self) -> None:
        """Stop listening, then end the Lambda workers and every thread. May be called twice."""
        self._server.shutdown()
        self._server.server_close()
        self._cloudwatch.close()
        self._rest_api.close()
        self._lambda.close()
        self.stripe.close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main(arguments: list[str] | None = None) -> int:
    """Serve until asked to stop; the first line on stdout says as JSON where, or why not."""
    options = _parse(arguments)
    if options.keep_open is not None:
        # Held until this process ends, and by no worker: the lock on it says that the server lives.
        os.set_inheritable(options.keep_open, False)
    try:
        sandbox = Sandbox(options.port, options.region, options.instance)
    except OSError as problem:
        _say({"error": "port", "errno": problem.errno})
        return 1
    with sandbox:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stopper(sandbox.stop_requested.set))
        _say({"endpoint": sandbox.endpoint, "account_id": ACCOUNT_ID})
        # The starter closes its end now; what moto prints goes to the log.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        _wait(sandbox.stop_requested, options.exit_with_parent)
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m paybot_ops.sandbox.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--region", default=DEFAULT_REGION)
    parser.add_argument("--instance", default="", help="the id by which the starter recognises this server")
    parser.add_argument("--exit-with-parent", type=int, metavar="PID", help="stop when this process is gone")
    parser.add_argument("--keep-open", type=int, metavar="FD", help="a descriptor to hold for as long as it lives")
    return parser.parse_args(arguments)


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _stopper(stop: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    return lambda _number, _frame: stop()


def _wait(stop_requested: threading.Event, parent: int | None) -> None:
    while not stop_requested.wait(None if parent is None else PARENT_CHECK_SECONDS):
        if parent is not None and not _exists(parent):
            return


def _exists(pid: int) -> bool:
    # A dead parent that nobody has waited for still has its number, but is no longer our parent.
    if os.getppid() != pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    sys.exit(main())
