"""AWS's errors in paybot's words; what AWS has not got is a value and no error."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from paybot_ops.core.aws_errors import explain_aws
from paybot_ops.errors import AwsError, CredentialsError, PaybotError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

T = TypeVar("T")


@contextmanager
def aws_errors(service: str, target: str) -> Iterator[None]:
    """Translate what botocore raises inside the block; `target` names the resource for the reader.

    *Not found* is not translated here: `find` makes a value of it first.

    Raises:
        CredentialsError, AccessDeniedError, AwsError: see each.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ResponseParserError as error:  # its message quotes the answer
        raise AwsError(
            f"the answer about {target} is not one of AWS's",
            why="something between here and AWS answered instead of it",
            hint="check the proxy and the network; a hotel's or an office's may ask to sign in first",
        ) from error
    except ClientError as error:
        message = str(error.response.get("Error", {}).get("Message", ""))
        code = error_code(error)
        raise explain_aws(service, error.operation_name, code, message or code, target) from error
    except BotoCoreError as error:
        raise translated(error, target) from error


def find(service: str, target: str, absent: Collection[str], call: Callable[[], T]) -> T | None:
    """The answer of a call; None where AWS says by one of the codes of `absent` that there is no such thing.

    Raises:
        CredentialsError, AccessDeniedError, AwsError: as `aws_errors`.
    """
    from botocore.exceptions import ClientError

    with aws_errors(service, target):
        try:
            return call()
        except ClientError as error:
            if error_code(error) not in absent:
                raise
    return None


def error_code(error: ClientError) -> str:
    """AWS's own code of an error, without the namespace that some protocols add."""
    return str(error.response.get("Error", {}).get("Code", "")).rpartition("#")[2]


def translated(error: BotoCoreError, target: str = "AWS") -> PaybotError:
    """What botocore itself says before or instead of an answer of AWS's, in paybot's words."""
    from botocore import exceptions

    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return CredentialsError(
            "no AWS credentials were found",
            why="botocore's chain (environment, profile, SSO, instance role) gave none",
            hint="sign in (aws configure sso, AWS_PROFILE=…), or try it without an account: --sandbox",
        )
    if isinstance(error, exceptions.ProfileNotFound):
        return CredentialsError("the AWS profile does not exist", why=str(error), hint="aws configure list-profiles")
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        return AwsError(
            f"AWS cannot be reached for {target}",
            why=str(error),
            hint="check the region's name and the network; AWS_ENDPOINT_URL, where set, must be right too",
        )
    if isinstance(error, _credential_errors()):
        return CredentialsError(
            "the AWS credentials cannot be had",
            why=str(error),
            hint="sign in again (aws sso login), or mend the profile",
        )
    return AwsError(f"a call about {target} could not be made", why=f"{type(error).__name__}: {error}")


def _credential_errors() -> tuple[type[Exception], ...]:
    """What botocore raises when a source of credentials does not give any: SSO, a process, a broken profile."""
    from botocore import exceptions

    return (
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.CredentialRetrievalError,
        exceptions.InvalidConfigError,
        exceptions.ConfigParseError,
        exceptions.MetadataRetrievalError,
    )
