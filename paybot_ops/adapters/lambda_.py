"""Lambda: what is deployed."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from paybot_ops.adapters.session import Session, aws_errors, error_code, is_loopback
from paybot_ops.errors import AwsError

_LARGEST_ZIP = 60 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DeployedFunction:
    """One version of a function: `code_sha256` is base64, `location` a short-lived URL of its zip."""

    name: str
    version: str
    description: str
    code_sha256: str
    location: str


def find_function(session: Session, name: str, qualifier: str) -> DeployedFunction | None:
    """The version that a qualifier (an alias or a version) stands for; None when there is none.

    Raises:
        AccessDeniedError: the caller may not ask (lambda:GetFunction).
    """
    from botocore.exceptions import ClientError

    client = session.client("lambda")
    with aws_errors("lambda", f"the function {name}:{qualifier}"):
        try:
            answer = client.get_function(FunctionName=name, Qualifier=qualifier)
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
    configuration = answer["Configuration"]
    return DeployedFunction(
        name=name,
        version=configuration["Version"],
        description=configuration.get("Description", ""),
        code_sha256=configuration["CodeSha256"],
        location=answer.get("Code", {}).get("Location", ""),
    )


def download_code(function: DeployedFunction) -> bytes:
    """The zip of a deployed version.

    Raises:
        AwsError: its address is not AWS's, or does not answer.
    """
    parts = urlsplit(function.location)
    if parts.scheme != "https" and not is_loopback(function.location):
        raise AwsError(f"the code of {function.name} has no address that could be fetched")
    try:
        with urllib.request.urlopen(function.location, timeout=60) as answer:  # noqa: S310 -- checked above
            content: bytes = answer.read(_LARGEST_ZIP)
    except OSError as error:
        raise AwsError(f"the code of {function.name} cannot be downloaded", why=type(error).__name__) from error
    return content
