"""Lambda and the REST API of the embedded AWS on a socket of their own, with real SDK clients in front."""

from __future__ import annotations

import io
import itertools
import json
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from werkzeug import Request, Response
from werkzeug.wsgi import responder

from paybot_ops.sandbox.aws import Aws
from paybot_ops.sandbox.lambda_part import LambdaPart
from paybot_ops.sandbox.loopback import LoopbackServer
from paybot_ops.sandbox.part import DEFAULT_REGION, Moto
from paybot_ops.sandbox.rest_api import RestApiPart

_NUMBERS = itertools.count(1)


def zipped(files: dict[str, str]) -> bytes:
    """A deployment package of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@dataclass(frozen=True)
class Invoked:
    """What the SDK got back."""

    payload: Any
    error: str | None
    version: str


class World:
    """A server with what the tests need, and what they need to look at."""

    def __init__(self, folder: Path | None = None) -> None:
        self._server = LoopbackServer(0)
        self.endpoint = self._server.endpoint
        self.moto = Moto(self.endpoint)
        self.lambda_part = LambdaPart(self.moto, folder)
        self.rest_api = RestApiPart(self.moto, self.lambda_part)
        self._aws = Aws(self.moto)
        self._server.application = responder(lambda environ, _start: self._answer(Request(environ)))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.lambda_, self.logs, self.iam = self.client("lambda"), self.client("logs"), self.client("iam")
        self.role = self.role_that_may("logs:*")

    def _answer(self, request: Request) -> Response:
        return self.rest_api.answer(request) or self.lambda_part.answer(request) or self._aws.answer(request)

    def close(self) -> None:
        """End the parts, then the server."""
        self.rest_api.close()
        self.lambda_part.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def client(self, service: str) -> Any:
        """An SDK client of the server that tries once."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name=DEFAULT_REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"max_attempts": 0}),
        )

    def role_that_may(self, action: str) -> str:
        """The ARN of a new role with one permission."""
        name = f"role-{next(_NUMBERS)}"
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=policy)
        return str(made["Role"]["Arn"])

    def function(self, source: str, **settings: Any) -> str:
        """The name of a new function of one file, `app.py`, whose handler is `handler`."""
        name = f"function-{next(_NUMBERS)}"
        given = {
            "Runtime": "python3.13",
            "Role": self.role,
            "Handler": "app.handler",
            "Code": {"ZipFile": zipped({"app.py": source})},
        }
        self.lambda_.create_function(FunctionName=name, **given | settings)
        return name

    def invoke(self, name: str, event: object = None, **options: Any) -> Invoked:
        """Invoke and read the whole answer."""
        answer = self.lambda_.invoke(FunctionName=name, Payload=json.dumps(event or {}), **options)
        payload = json.loads(answer["Payload"].read() or "null")
        return Invoked(payload, answer.get("FunctionError"), answer.get("ExecutedVersion", ""))

    def log_lines(self, group: str) -> list[str]:
        """Every event of a log group, in the order of its streams."""
        streams = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
        lines = []
        for stream in streams:
            page = self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )
            lines += [event["message"] for event in page["events"]]
        return lines

    def metric(self, namespace: str, name: str, **dimensions: str) -> list[float]:
        """The values of one metric with exactly these dimensions, as they were put."""
        with self.moto.backend("cloudwatch", DEFAULT_REGION) as backend:
            return [
                datum.value
                for datum in backend.metric_data
                if (datum.namespace, datum.name) == (namespace, name)
                and {one.name: one.value for one in datum.dimensions} == dimensions
            ]
