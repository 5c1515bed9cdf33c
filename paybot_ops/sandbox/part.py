"""What the embedded AWS is made of: parts that each answer some requests, over one shared moto."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from werkzeug import Request, Response

from paybot_ops.sandbox import ACCOUNT_ID, DEFAULT_REGION

__all__ = ["ACCOUNT_ID", "DEFAULT_REGION", "Moto", "Part", "access_key_of", "signed_for"]

_ACCESS_KEY = re.compile(r"Credential=([^/,\s]+)/")
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/aws4_request")


class Part(Protocol):
    """One part of the embedded AWS."""

    def answer(self, request: Request) -> Response | None:
        """The response, or None when the request is not this part's (moto, last in line, answers the rest)."""


@dataclass
class Moto:
    """moto's backends behind the one lock that makes them exact: moto is not thread-safe."""

    endpoint: str
    lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def backend(self, service: str, region: str = DEFAULT_REGION) -> Iterator[Any]:
        """The backend of one service and region, held under the lock. Never call out of the process inside it."""
        from moto.backends import get_backend

        with self.lock:
            yield get_backend(service)[ACCOUNT_ID][region]  # type: ignore[call-overload]


def signed_for(request: Request) -> tuple[str, str]:
    """(service, region) from the request's SigV4 credential scope; ("", default region) when it is unsigned."""
    match = _SCOPE.search(request.headers.get("Authorization", ""))
    return (match["service"], match["region"]) if match else ("", DEFAULT_REGION)


def access_key_of(request: Request) -> str | None:
    """The access key id that a request is signed with; None when it is unsigned."""
    match = _ACCESS_KEY.search(request.headers.get("Authorization", ""))
    return match[1] if match else None
