"""The Lambda entry: an API Gateway event in, a response out, whatever happens in between.

Importing this loads neither botocore nor a client: a request that is refused never needs them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Protocol

from payment_bot import gateway
from payment_bot.errors import ChatError, SessionsUnavailableError
from payment_bot.settings import Settings, SettingsError
from payment_bot.telemetry import Telemetry, keep_quiet, place_of

if TYPE_CHECKING:
    from payment_bot.turns import Bot


class Context(Protocol):
    """What is used of the Lambda context object."""

    @property
    def aws_request_id(self) -> str:
        """The invocation's id."""


class Entry:
    """Turns events into responses; its settings and its bot are made when they are first needed."""

    def __init__(self, settings: Callable[[], Settings], bot: Callable[[], Bot]) -> None:
        self._settings = settings
        self._bot = bot

    def __call__(self, event: object, context: Context) -> gateway.Response:
        """Answer one event; every failure becomes a JSON error with the CORS headers."""
        correlation = gateway.correlation_id(event, context.aws_request_id)
        telemetry = Telemetry(correlation)
        origin = ""
        try:
            origin = self._settings().cors_allow_origin
            request = gateway.parse_event(event)
            document = self._bot().answer(request, telemetry).to_document()
            return gateway.reply(document, origin=origin, correlation=correlation)
        except Exception as error:
            return gateway.refusal(_explained(error, telemetry), origin=origin, correlation=correlation)
        finally:
            telemetry.flush()


def _explained(error: Exception, telemetry: Telemetry) -> ChatError:
    """Log a failure by its kind and place, and return what the client is told of it."""
    match error:
        case SessionsUnavailableError():
            telemetry.error("session table failed", cause=error.cause)
            return error
        case ChatError():
            telemetry.info("message refused", code=error.code)
            return error
        case SettingsError():
            telemetry.error("settings are unusable", cause=str(error))
        case _:
            telemetry.error("turn failed", cause=type(error).__name__, place=place_of(error))
    return ChatError(500, "internal_error", "Something went wrong on our side. Please try again.")


@cache
def _settings() -> Settings:
    return Settings.from_environment(os.environ)


@cache
def _bot() -> Bot:
    from payment_bot.wiring import make_bot

    return make_bot(_settings())


keep_quiet()
_entry = Entry(_settings, _bot)


def handler(event: object, context: Context) -> gateway.Response:
    """Answer one API Gateway proxy event."""
    return _entry(event, context)
