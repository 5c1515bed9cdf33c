"""What the model took for each turn: the bot's API does not say it, the function's log does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from paybot_ops.adapters.logs import filter_log_events
from paybot_ops.core.chat_turns import ChatTurn, tokens_by_request
from paybot_ops.core.log_lines import LogEvent, Source, parse_event
from paybot_ops.core.log_query import find_groups
from paybot_ops.errors import AccessDeniedError, AwsError
from paybot_ops.operations.target import Target

# A turn's own line and its metrics (lambda/payment_bot/turns.py, telemetry.py).
_PATTERN = '?"turn answered" ?"_aws"'
# Lambda delivers its lines within seconds.
_WAIT_SECONDS = 10
# This machine's clock may be off by that much before AWS refuses it.
_SKEW_SECONDS = 300


def with_usage(target: Target, outputs: Mapping[str, Any], turns: list[ChatTurn], began: float) -> list[ChatTurn]:
    """The turns with their tokens; what the log does not say within ten seconds stays unknown.

    `began` is when the first was sent, in epoch seconds.
    """
    group = next((group.name for group in find_groups(outputs) if group.source is Source.BOT), "")
    wanted = {turn.request_id for turn in turns if turn.request_id and turn.error is None}
    if not group or not wanted:
        return turns
    deadline = time.monotonic() + _WAIT_SECONDS
    start = int((began - _SKEW_SECONDS) * 1000)
    while True:
        try:
            found = tokens_by_request(_lines(target, group, start))
        except (AccessDeniedError, AwsError) as error:
            target.screen.warn(f"{error.what}: the tokens are not known")
            return turns
        if wanted <= found.keys() or time.monotonic() > deadline:
            return [replace(turn, tokens=found.get(turn.request_id)) for turn in turns]
        time.sleep(1)


def _lines(target: Target, group: str, start: int) -> Iterator[LogEvent]:
    for page in filter_log_events(target.session, group, start=start, pattern=_PATTERN):
        for found in page or ():
            yield parse_event(Source.BOT, group, found)
