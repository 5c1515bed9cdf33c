"""Where the caller's credentials come from and for how long they are good, and how far this machine's clock is off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from paybot_ops.adapters.session import Session, aws_errors
from paybot_ops.errors import AwsError


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """Where credentials come from (botocore's name of the provider), and until when they are good; None: not said."""

    source: str
    temporary: bool
    expires: datetime | None


def get_credential_source(session: Session) -> CredentialSource:
    """The source of the session's credentials; asks it for them where it has not been asked yet.

    Raises:
        CredentialsError: there are none, or they cannot be had.
    """
    from botocore.exceptions import NoCredentialsError

    with aws_errors("sts", "the credentials"):
        found = session.find_credentials()
        if found is None:
            raise NoCredentialsError
        frozen = found.get_frozen_credentials()
    # botocore keeps the time to itself; sources that give their credentials once have none.
    expires = getattr(found, "_expiry_time", None)
    return CredentialSource(str(found.method), bool(frozen.token), expires if isinstance(expires, datetime) else None)


def measure_clock(session: Session) -> timedelta:
    """How far this machine's clock is ahead of AWS's, by the Date of an answer, which counts whole seconds.

    An answer that refuses the call has one too: a clock that is wrong is one of its reasons. So none is signed here.

    Raises:
        AwsError: AWS did not answer, or gave no date.
    """
    from botocore.exceptions import ClientError

    client = session.client("sts") if session.endpoint else session.unsigned_client("sts")
    before = datetime.now(UTC)
    with aws_errors("sts", "AWS's clock"):
        try:
            answer = client.get_caller_identity()
        except ClientError as error:
            answer = dict(error.response)
    after = datetime.now(UTC)
    try:
        theirs = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, TypeError, ValueError) as error:
        raise AwsError("AWS's answer has no date") from error
    # The Date is cut to the second: half of one is the best guess of what was cut off.
    return before + (after - before) / 2 - theirs - timedelta(seconds=0.5)
