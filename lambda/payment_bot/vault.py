"""Keeps a card number unreadable between the turn that brings it and the turn that tokenizes it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

# Long enough to look for the card's back, short enough that a table that leaks has little to show.
KEEP_SECONDS = 900

_PURPOSE = "card-number"


class VaultError(Exception):
    """KMS did not encrypt or decrypt; `cause` is for the log: an operation and an error code, never a text."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Encrypted(TypedDict):
    """What is used of Encrypt's response."""

    CiphertextBlob: bytes


class Decrypted(TypedDict):
    """What is used of Decrypt's response."""

    Plaintext: bytes


class KmsClient(Protocol):
    """What is used of botocore's KMS client."""

    def encrypt(self, *, KeyId: str, Plaintext: bytes, EncryptionContext: Mapping[str, str]) -> Encrypted:
        """Encrypt up to 4,096 bytes."""

    def decrypt(self, *, KeyId: str, CiphertextBlob: bytes, EncryptionContext: Mapping[str, str]) -> Decrypted:
        """Decrypt what was encrypted with the same context."""


class Vault:
    """Seals digits for one session, so that a row copied into another session opens nothing.

    `client` makes the client, or gives the one that was made: most cold starts never need it.

    The encryption context holds a hash of the session id: CloudTrail logs contexts, and the id itself opens a session.
    """

    def __init__(self, client: Callable[[], KmsClient], key_arn: str) -> None:
        self._client = client
        self._key_arn = key_arn

    def seal(self, digits: str, session_id: str) -> bytes:
        """Encrypt digits; raises VaultError."""
        try:
            sealed = self._client().encrypt(
                KeyId=self._key_arn, Plaintext=digits.encode(), EncryptionContext=_context(session_id)
            )
        except (ClientError, BotoCoreError) as error:
            raise VaultError(_cause("Encrypt", error)) from None
        return sealed["CiphertextBlob"]

    def open(self, sealed: bytes, session_id: str) -> str:
        """Decrypt digits; raises VaultError, also for what was sealed for another session."""
        try:
            opened = self._client().decrypt(
                KeyId=self._key_arn, CiphertextBlob=sealed, EncryptionContext=_context(session_id)
            )
        except (ClientError, BotoCoreError) as error:
            raise VaultError(_cause("Decrypt", error)) from None
        return opened["Plaintext"].decode()


def _context(session_id: str) -> dict[str, str]:
    return {"purpose": _PURPOSE, "session": hashlib.sha256(session_id.encode()).hexdigest()}


def _cause(operation: str, error: Exception) -> str:
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
    return f"{operation}: {code or type(error).__name__}"
