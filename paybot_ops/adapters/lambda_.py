"""Lambda: what is deployed, what was, which version is live, and how many turns may run at once."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from paybot_ops.adapters.session import Session, aws_errors, error_code, find, is_loopback
from paybot_ops.core.concurrency import Concurrency
from paybot_ops.core.versions import Alias, Version, parse_alias, parse_version
from paybot_ops.errors import AwsError, PaybotError

_ABSENT = ("ResourceNotFoundException",)
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
    client = session.client("lambda")
    answer = find(
        "lambda",
        f"the function {name}:{qualifier}",
        _ABSENT,
        lambda: client.get_function(FunctionName=name, Qualifier=qualifier),
    )
    if answer is None:
        return None
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


def list_versions(session: Session, name: str) -> tuple[Version, ...]:
    """The published versions of a function, newest first; none where there is no such function.

    Raises:
        AccessDeniedError: the caller may not ask (lambda:ListVersionsByFunction).
    """
    pages = session.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=name)
    listed = find(
        "lambda",
        f"the versions of the function {name}",
        _ABSENT,
        lambda: [
            version for page in pages for item in page["Versions"] if (version := parse_version(item)) is not None
        ],
    )
    return tuple(sorted(listed or (), key=lambda version: version.number, reverse=True))


def find_alias(session: Session, name: str, alias: str) -> Alias | None:
    """What an alias of a function stands for; None when there is none.

    Raises:
        AccessDeniedError: the caller may not ask (lambda:GetAlias).
    """
    client = session.client("lambda")
    return find(
        "lambda",
        f"the alias {alias} of the function {name}",
        _ABSENT,
        lambda: parse_alias(client.get_alias(FunctionName=name, Name=alias)),
    )


def update_alias(session: Session, name: str, alias: str, *, version: str, revision: str) -> None:
    """Let an alias stand for a version, wholly, if it is still what it was at that revision.

    Raises:
        AccessDeniedError: the caller may not do it (lambda:UpdateAlias).
        PaybotError: somebody else moved the alias in the meantime, or the version is gone.
    """
    from botocore.exceptions import ClientError

    client = session.client("lambda")
    with aws_errors("lambda", f"the alias {alias} of the function {name}"):
        try:
            client.update_alias(
                FunctionName=name,
                Name=alias,
                FunctionVersion=version,
                # A share that another version gets would stay otherwise.
                RoutingConfig={"AdditionalVersionWeights": {}},
                RevisionId=revision,
            )
        except ClientError as error:
            if error_code(error) == "PreconditionFailedException":
                # Its answer may have been lost, and the SDK asked again: then it is done, by ourselves.
                if (now := find_alias(session, name, alias)) is not None and now.version == version and not now.shares:
                    return
                raise PaybotError(
                    f"the alias {alias} of {name} was moved by somebody else in the meantime",
                    why="its revision is not the one that was looked at",
                    hint="look again: paybot versions",
                ) from error
            if error_code(error) in _ABSENT:
                raise PaybotError(
                    f"version {version} of {name} is gone, or its alias {alias} is",
                    why="it was deleted in the meantime",
                    hint="look again: paybot versions",
                ) from error
            raise


def get_concurrency(session: Session, name: str) -> int | None:
    """How many runs of a function are reserved, which is also their limit; None where nothing is reserved.

    Raises:
        AccessDeniedError: the caller may not ask (lambda:GetFunctionConcurrency).
        AwsError: there is no such function.
    """
    client = session.client("lambda")
    with aws_errors("lambda", f"the function {name}"):
        reserved = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    return None if reserved is None else int(reserved)


def put_concurrency(session: Session, name: str, reserved: int) -> None:
    """Reserve so many runs of a function, and limit it to them; 0 refuses every call.

    Raises:
        AccessDeniedError: the caller may not do it (lambda:PutFunctionConcurrency).
        AwsError: the account has not so many to reserve.
    """
    from botocore.exceptions import ClientError

    client = session.client("lambda")
    with aws_errors("lambda", f"the function {name}"):
        try:
            client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        except ClientError as error:
            if error_code(error) == "InvalidParameterValueException":
                raise AwsError(
                    f"the account has not {reserved} runs to reserve for the function {name}",
                    why=str(error.response["Error"].get("Message", "")),
                    hint="lower reserved_concurrency in the tfvars (-1 reserves nothing), or raise the account's quota",
                ) from error
            raise


def delete_concurrency(session: Session, name: str) -> None:
    """Reserve nothing for a function and limit it to nothing of its own.

    Raises:
        AccessDeniedError: the caller may not do it (lambda:DeleteFunctionConcurrency).
    """
    client = session.client("lambda")
    with aws_errors("lambda", f"the function {name}"):
        client.delete_function_concurrency(FunctionName=name)


def get_account_concurrency(session: Session) -> Concurrency:
    """How many functions the account may run at once in this region, and how many of these nobody has reserved.

    Raises:
        AccessDeniedError: the caller may not ask (lambda:GetAccountSettings).
    """
    client = session.client("lambda")
    with aws_errors("lambda", "Lambda's account settings"):
        limit = client.get_account_settings()["AccountLimit"]
    return Concurrency(int(limit["ConcurrentExecutions"]), int(limit["UnreservedConcurrentExecutions"]))
