"""The one door to AWS: sessions, clients, who the caller is; its errors are in errors.py."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from paybot_ops import __version__
from paybot_ops.adapters.session.errors import aws_errors, error_code, find, translated
from paybot_ops.errors import UsageError

if TYPE_CHECKING:
    from botocore.session import Session as BotoSession

__all__ = [
    "Identity",
    "Session",
    "aws_errors",
    "check_region",
    "error_code",
    "find",
    "find_region",
    "is_loopback",
    "list_regions",
    "loopback_endpoint",
]

# botocore's session variables: (name in a file, environment variable, default, conversion).
_NOTHING_OF_THE_USERS: Any = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the credentials are: `account` is the 12-digit id, `arn` the caller's."""

    account: str
    arn: str


@dataclass(slots=True)
class Session:
    """botocore's own credential chain, with a region and the endpoint of the embedded AWS where that is meant.

    `read_timeout` is in seconds, `attempts` counts the first one too.
    """

    region: str
    endpoint: str | None = None
    read_timeout: float = 60
    attempts: int = 4
    _boto: BotoSession | None = field(default=None, repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)
    # botocore's clients may be shared between threads; the session that makes them may not.
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def client(self, service: str) -> Any:
        """The client of one service: retries with jitter (`standard`), 5 s to connect.

        Raises:
            CredentialsError: the chain holds no credentials, or a profile that does not exist.
        """
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def _new_client(self, service: str, **more: Any) -> Any:
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        config = Config(
            retries={"mode": "standard", "total_max_attempts": self.attempts},
            connect_timeout=min(5, self.read_timeout),
            read_timeout=self.read_timeout,
            max_pool_connections=32,
            user_agent_extra=f"paybot/{__version__}",
            # A bucket of the embedded AWS cannot be a host name.
            s3={"addressing_style": "path"} if self.endpoint else None,
            # Nor is a proxy asked for what is on this machine.
            proxies={} if self.endpoint else None,
            **more,
        )
        try:
            return self._session().create_client(service, endpoint_url=self.endpoint, config=config)
        except BotoCoreError as error:
            raise translated(error) from error
        except ValueError as error:  # botocore's word for an endpoint that is no URL
            raise UsageError(f"the endpoint of {service} is no URL", hint="mend AWS_ENDPOINT_URL") from error

    def identity(self) -> Identity:
        """Who is calling (STS GetCallerIdentity, which no policy can deny).

        Raises:
            CredentialsError: no credentials, or AWS does not accept them.
        """
        with aws_errors("sts", "the caller's identity"):
            answer = self.client("sts").get_caller_identity()
        return Identity(account=answer["Account"], arn=answer["Arn"])

    def signature(self, service: str, method: str, url: str, body: bytes) -> dict[str, str]:
        """The headers that sign one request of a service for the caller (AWS Signature Version 4).

        Raises:
            CredentialsError: the chain holds no credentials.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError, NoCredentialsError

        try:
            credentials = self._session().get_credentials()
            if credentials is None:
                raise NoCredentialsError
            # Frozen: refreshed between two headers, a signature would be of neither.
            signer = SigV4Auth(credentials.get_frozen_credentials(), service, self.region)
            request = AWSRequest(method, url, data=body)
            signer.add_auth(request)
        except BotoCoreError as error:
            raise translated(error) from error
        return dict(request.headers.items())

    def unsigned_client(self, service: str) -> Any:
        """A client that needs no credentials: AWS refuses what it asks, and answers."""
        from botocore import UNSIGNED

        with self._making:
            return self._new_client(service, signature_version=UNSIGNED)

    def find_credentials(self) -> Any:
        """What botocore's chain has found, as it keeps it; None when there are none."""
        with self._making:
            return self._session().get_credentials()

    def _session(self) -> BotoSession:
        if self._boto is None:
            # Not boto3's: every command pays for its imports, and it adds nothing that is used here.
            from botocore.session import Session as BotoSession

            # For the embedded AWS nothing of the user's counts: no profile, no file, no credentials of a real account.
            self._boto = BotoSession(session_vars=_NOTHING_OF_THE_USERS if self.endpoint else None)
            self._boto.set_config_variable("region", self.region)
            if self.endpoint:
                self._boto.set_credentials("sandbox", "sandbox")
        return self._boto


def list_regions(session: Session, service: str) -> frozenset[str]:
    """The regions in which botocore's own table knows a service, in every partition."""
    with session._making:
        boto = session._session()
        return frozenset(
            name
            for partition in boto.get_available_partitions()
            for name in boto.get_available_regions(service, partition)
        )


def check_region(session: Session) -> None:
    """Refuse a region that botocore has never heard of, before a host name made from it is looked up.

    Raises:
        UsageError: there is no such region.
    """
    known = list_regions(session, "s3")
    if session.region not in known:
        from difflib import get_close_matches

        near = get_close_matches(session.region, sorted(known), n=1)
        raise UsageError(
            f"there is no AWS region {session.region!r}",
            why="botocore knows none of that name",
            hint=f"is it {near[0]}?" if near else "for instance: --region eu-central-1",
        )


def find_region() -> str | None:
    """The environment's region: `AWS_REGION` (Terraform reads it, botocore does not), then botocore's own chain."""
    if named := os.environ.get("AWS_REGION"):
        return named
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session as BotoSession

    try:
        found: str | None = BotoSession().get_config_variable("region")
    except BotoCoreError as error:  # a profile or a configuration file that is not usable
        raise translated(error) from error
    return found


def is_loopback(url: str) -> bool:
    """True for an endpoint on this machine: what `AWS_ENDPOINT_URL` names when the embedded AWS is meant."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name: only DNS knows where it leads
        return False


def loopback_endpoint() -> str | None:
    """The endpoint of an embedded AWS that the standard `AWS_ENDPOINT_URL` names, if it does."""
    url = os.environ.get("AWS_ENDPOINT_URL", "")
    return url if url and is_loopback(url) else None
