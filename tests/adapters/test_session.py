"""AWS's errors in paybot's words, from real clients and a played HTTP layer."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.stub import Stubber

from paybot_ops.adapters.session import Session, aws_errors, is_loopback, loopback_endpoint
from paybot_ops.errors import AccessDeniedError, AwsError, CredentialsError, PaybotError


def raised(service: str, operation: str, method: str, code: str, message: str = "m", **parameters: Any) -> PaybotError:
    """What a caller of `method` sees when AWS answers with this code."""
    client = Session("us-east-1", "http://127.0.0.1:1").client(service)
    with Stubber(client) as stub:
        stub.add_client_error(method, code, message)
        with pytest.raises(PaybotError) as found, aws_errors(service, "the thing"):
            getattr(client, method)(**parameters)
    assert operation  # named in each case for the reader
    return found.value


@pytest.mark.parametrize(
    ("service", "method", "parameters", "action"),
    [
        ("bedrock", "get_foundation_model", {"modelIdentifier": "m"}, "bedrock:GetFoundationModel"),
        ("apigateway", "get_account", {}, "apigateway:GET"),
        ("lambda", "get_function", {"FunctionName": "f"}, "lambda:GetFunction"),
        ("lambda", "invoke", {"FunctionName": "f"}, "lambda:InvokeFunction"),
        ("s3", "head_bucket", {"Bucket": "b"}, "s3:ListBucket"),
    ],
)
def test_access_denied_names_the_iam_action(service: str, method: str, parameters: dict[str, Any], action: str) -> None:
    error = raised(service, "x", method, "AccessDeniedException", **parameters)
    assert isinstance(error, AccessDeniedError)
    assert error.action == action
    assert action in error.hint
    assert "the thing" in error.what


def test_expired_and_invalid_credentials_say_how_to_sign_in() -> None:
    expired = raised("sts", "x", "get_caller_identity", "ExpiredToken")
    assert isinstance(expired, CredentialsError)
    assert "sso login" in expired.hint
    assert isinstance(raised("sts", "x", "get_caller_identity", "InvalidClientTokenId"), CredentialsError)


def test_throttling_says_to_try_later() -> None:
    error = raised("sts", "x", "get_caller_identity", "ThrottlingException")
    assert isinstance(error, AwsError)
    assert "later" in error.hint


def test_any_other_code_is_told_with_its_message() -> None:
    error = raised("sts", "x", "get_caller_identity", "SomethingNew", "why it was")
    assert "SomethingNew: why it was" in error.why


@pytest.mark.parametrize(
    ("error", "kind"),
    [(NoCredentialsError(), CredentialsError), (EndpointConnectionError(endpoint_url="https://x"), AwsError)],
)
def test_what_never_reached_aws(error: Exception, kind: type[PaybotError]) -> None:
    with pytest.raises(kind), aws_errors("sts", "x"):
        raise error


def test_not_found_is_left_to_the_adapter_that_knows_it_as_a_value() -> None:
    error = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "GetFunction")
    with pytest.raises(AwsError), aws_errors("lambda", "x"):
        raise error


def test_credentials_of_a_real_account_never_go_to_the_embedded_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    client = Session("us-east-1", "http://127.0.0.1:1").client("sts")
    assert client._request_signer._credentials.access_key == "sandbox"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:5000", True),
        ("http://localhost:5000", True),
        ("http://[::1]:5000", True),
        ("https://vpce.amazonaws.com", False),
        ("http://127.evil.example", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


def test_the_standard_variable_means_the_embedded_aws_only_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://example.com")
    assert loopback_endpoint() is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    assert loopback_endpoint() == "http://127.0.0.1:5000"
