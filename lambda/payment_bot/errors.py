"""What a customer's program is told when a message cannot be answered."""

from __future__ import annotations


class ChatError(Exception):
    """A message that gets an error instead of a reply.

    `code` is for programs and stays stable, `message` is for people; neither ever quotes what was sent.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


class RequestError(ChatError):
    """The request is not one that the chat understands (a 4xx)."""


class SessionsUnavailableError(ChatError):
    """The session table did not answer, or not with a session.

    `cause` is for the log: an operation and an error code, never a text.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(503, "session_unavailable", "Your conversation cannot be reached right now. Please try again.")
        self.cause = cause
