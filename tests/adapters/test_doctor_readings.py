"""What `paybot doctor` reads of AWS and of this machine, in the cases that the embedded AWS does not have."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from paybot_ops.adapters import bedrock, quotas
from paybot_ops.adapters.apigateway import get_limits
from paybot_ops.adapters.caller import get_credential_source, measure_clock
from paybot_ops.adapters.lambda_ import get_account_concurrency
from paybot_ops.adapters.session import Session, list_regions
from paybot_ops.adapters.terraform.installed import version_text
from paybot_ops.core.api_limits import ApiLimits
from paybot_ops.core.concurrency import Concurrency
from paybot_ops.core.model_access import InvocationLogging, ModelAccess, Profile
from paybot_ops.errors import AccessDeniedError, AwsError, CredentialsError, MissingToolError

MODEL = "amazon.nova-micro-v1:0"


@pytest.fixture
def session() -> Session:
    return Session("us-east-1", "http://127.0.0.1:9")


def stubbed(session: Session, service: str) -> Stubber:
    stub = Stubber(session.client(service))
    stub.activate()
    return stub


def test_the_availability_of_a_model(session: Session) -> None:
    stub = stubbed(session, "bedrock")
    answer = {
        "modelId": MODEL,
        "agreementAvailability": {"status": "PENDING"},
        "authorizationStatus": "NOT_AUTHORIZED",
        "entitlementAvailability": "NOT_AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }
    stub.add_response("get_foundation_model_availability", answer, {"modelId": MODEL})
    assert bedrock.find_access(session, MODEL) == ModelAccess("NOT_AUTHORIZED", "NOT_AVAILABLE", "AVAILABLE", "PENDING")
    stub.add_client_error("get_foundation_model_availability", "ValidationException", http_status_code=400)
    assert bedrock.find_access(session, MODEL) is None
    stub.add_client_error("get_foundation_model_availability", "AccessDeniedException", http_status_code=403)
    with pytest.raises(AccessDeniedError) as caught:
        bedrock.find_access(session, MODEL)
    assert caught.value.action == "bedrock:GetFoundationModelAvailability"


def test_an_inference_profile(session: Session) -> None:
    stub = stubbed(session, "bedrock")
    arn = f"arn:aws:bedrock:us-west-2::foundation-model/{MODEL}"
    answer = {
        "inferenceProfileName": "n",
        "inferenceProfileArn": "arn:aws:bedrock:us-east-1:123456789012:inference-profile/x",
        "inferenceProfileId": "x",
        "models": [{"modelArn": arn}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
    stub.add_response("get_inference_profile", answer, {"inferenceProfileIdentifier": "x"})
    found = bedrock.find_profile(session, "x")
    assert found == Profile("x", "ACTIVE", (arn,))
    assert found is not None
    assert found.regions == ("us-west-2",)
    stub.add_client_error("get_inference_profile", "ResourceNotFoundException", http_status_code=404)
    assert bedrock.find_profile(session, "x") is None


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (None, None),
        ({}, None),
        (
            {"textDataDeliveryEnabled": False, "s3Config": {"bucketName": "logs"}},
            InvocationLogging(False, bucket="logs"),
        ),
        ({"s3Config": {"bucketName": "logs"}}, InvocationLogging(True, bucket="logs")),
        (
            {"textDataDeliveryEnabled": True, "cloudWatchConfig": {"logGroupName": "g", "roleArn": "arn:aws:iam::1:r"}},
            InvocationLogging(True, log_group="g"),
        ),
    ],
)
def test_what_bedrock_records(session: Session, config: dict[str, Any] | None, found: InvocationLogging | None) -> None:
    stub = stubbed(session, "bedrock")
    answer = {} if config is None else {"loggingConfig": config}
    stub.add_response("get_model_invocation_logging_configuration", answer, {})
    assert bedrock.find_invocation_logging(session) == found


def test_quotas_are_asked_for_page_by_page_and_no_further_than_needed(session: Session) -> None:
    stub = stubbed(session, "service-quotas")
    page = {"Quotas": [{"QuotaCode": "L-1", "QuotaName": "a", "Value": 0.0}], "NextToken": "t"}
    stub.add_response("list_service_quotas", page, {"ServiceCode": "bedrock", "MaxResults": 100})
    found = quotas.list_quotas(session, "bedrock")
    assert next(found).code == "L-1"
    stub.assert_no_pending_responses()
    more = {"ServiceCode": "bedrock", "MaxResults": 100, "NextToken": "t"}
    stub.add_response("list_service_quotas", {"Quotas": []}, more)
    assert list(found) == []
    stub.add_client_error("list_service_quotas", "AccessDeniedException", http_status_code=403)
    with pytest.raises(AccessDeniedError) as caught:
        list(quotas.list_quotas(session, "bedrock"))
    assert caught.value.action == "servicequotas:ListServiceQuotas"


def test_the_limits_of_lambda_and_of_api_gateway(session: Session) -> None:
    lambda_, gateway = stubbed(session, "lambda"), stubbed(session, "apigateway")
    limit = {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 8}
    lambda_.add_response("get_account_settings", {"AccountLimit": limit}, {})
    assert get_account_concurrency(session) == Concurrency(10, 8)
    gateway.add_response("get_account", {"throttleSettings": {"rateLimit": 5.0, "burstLimit": 2}}, {})
    assert get_limits(session) == ApiLimits(5.0, 2, None)
    gateway.add_response("get_account", {}, {})
    assert get_limits(session) == ApiLimits(None, None, None)


# -- credentials and the clock -----------------------------------------------------------------------------------------


def test_credentials_say_where_they_come_from_and_until_when(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsError):
        get_credential_source(Session("us-east-1"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    found = get_credential_source(Session("us-east-1"))
    assert (found.source, found.temporary, found.expires) == ("env", False, None)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "example")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", until.isoformat())
    found = get_credential_source(Session("us-east-1"))
    assert (found.source, found.temporary, found.expires) == ("env", True, until)


class _Aws(BaseHTTPRequestHandler):
    """It refuses everybody, and tells its own time."""

    ahead = timedelta()
    says_time = True
    body = (
        b"<ErrorResponse><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code>"
        b"<Message>Request is missing Authentication Token</Message></Error></ErrorResponse>"
    )

    def do_POST(self) -> None:
        self.send_response_only(403)
        if self.says_time:
            self.send_header("Date", format_datetime(datetime.now(UTC) + self.ahead, usegmt=True))
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        """Not shown."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Aws]]:
    handler = type("_OneAws", (_Aws,), {})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{server.server_port}")
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("minutes", [0, 7, -90])
def test_the_clock_is_told_without_credentials_by_an_answer_that_refuses(aws: type[_Aws], minutes: int) -> None:
    aws.ahead = timedelta(minutes=-minutes)
    off = measure_clock(Session("us-east-1", attempts=1)) - timedelta(minutes=minutes)
    assert abs(off) < timedelta(seconds=2)


def test_an_answer_without_a_date(aws: type[_Aws]) -> None:
    aws.says_time = False
    with pytest.raises(AwsError):
        measure_clock(Session("us-east-1", attempts=1))


def test_an_answer_of_somebody_else(aws: type[_Aws]) -> None:
    aws.body = b"<html>please sign in to this network"
    with pytest.raises(AwsError) as caught:
        measure_clock(Session("us-east-1", attempts=1))
    assert "sign in" not in f"{caught.value.what} {caught.value.why}"


def test_regions_are_botocores_own() -> None:
    known = list_regions(Session("us-east-1"), "bedrock")
    assert {"us-east-1", "eu-central-1"} <= known
    assert "us-moon-1" not in known


# -- programs ----------------------------------------------------------------------------------------------------------


def program(folder: Path, text: str) -> dict[str, str]:
    path = folder / "tofu"
    path.write_text(text)
    path.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"}


def test_a_program_tells_its_version(tmp_path: Path) -> None:
    environ = program(
        tmp_path, '#!/bin/sh\n[ "$1" = version ] && echo "OpenTofu v1.11.1" && echo "on $CHECKPOINT_DISABLE"\n'
    )
    assert version_text("tofu", environ) == "OpenTofu v1.11.1\non 1\n"
    assert version_text("terraform", environ) is None


def test_a_program_that_does_not_run(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError):
        version_text("tofu", program(tmp_path, "#!/no/such/interpreter\n"))
