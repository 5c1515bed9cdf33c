"""A conversation on the terminal, and as a document."""

from __future__ import annotations

from typing import Any

from paybot_ops.core.chat_turns import ChatReport, ChatTurn
from paybot_ops.render.envelope import error_data


def spoken_text(turn: ChatTurn) -> str:
    """What the bot said to it; an error as the bot worded it, with its code."""
    if turn.error is None:
        return _indented("bot: " + turn.bot)
    return _indented("bot: " + turn.error.brief)


def both_text(turn: ChatTurn) -> str:
    """Both sides, where the customer's was not typed on the terminal."""
    return _indented("you: " + turn.customer) + "\n" + spoken_text(turn)


def measure_text(turn: ChatTurn) -> str:
    """How long a turn took, and where the bot then stands."""
    if turn.milliseconds is None:
        return f"     no answer after {turn.sent} tries" if turn.sent > 1 else "     no answer"
    again = f" · sent {turn.sent} times" if turn.sent > 1 else ""
    return f"     {turn.milliseconds:,.0f} ms · {' '.join(turn.status.split())}{again}"


def usage_text(report: ChatReport) -> str:
    """The conversation's figures; tokens that no log tells are unknown, and not 0."""
    answered = [turn for turn in report.turns if turn.milliseconds is not None]
    if not answered:
        return "no answer"
    lines = [_turn_usage(number, turn) for number, turn in enumerate(report.turns, start=1)]
    known = [turn.tokens for turn in answered if turn.tokens is not None]
    total = f"{sum(one.sent for one in known):,} tokens in, {sum(one.received for one in known):,} out"
    if len(known) < len(answered):
        total += f"; unknown for {len(answered) - len(known)} of {len(answered)} turns"
    slowest = max(turn.milliseconds or 0 for turn in answered)
    lines.append(f"{len(answered)} turns · slowest {slowest:,.0f} ms · {total}")
    return "\n".join(lines)


def chat_data(report: ChatReport) -> dict[str, Any]:
    """The conversation for machines; every text in it is masked."""
    return {
        "deployment": report.name,
        "session_id": report.session_id,
        "turns": [_turn_data(turn) for turn in report.turns],
        "not_met": {"line": report.broken.line, "what": report.broken.what} if report.broken else None,
        "interrupted": report.interrupted,
    }


def _indented(text: str) -> str:
    first, *more = text.split("\n")
    return "\n".join((first, *(f"     {line}" if line else "" for line in more)))


def _turn_usage(number: int, turn: ChatTurn) -> str:
    if turn.milliseconds is None:
        return f"turn {number}: no answer"
    took = "tokens unknown" if turn.tokens is None else f"{turn.tokens.sent:,} tokens in, {turn.tokens.received:,} out"
    return f"turn {number}: {turn.milliseconds:,.0f} ms, {took}"


def _turn_data(turn: ChatTurn) -> dict[str, Any]:
    return {
        "customer": turn.customer,
        "bot": turn.bot,
        "status": turn.status,
        "milliseconds": turn.milliseconds,
        "input_tokens": turn.tokens.sent if turn.tokens else None,
        "output_tokens": turn.tokens.received if turn.tokens else None,
        "request_id": turn.request_id,
        "message_id": turn.message_id,
        "sent": turn.sent,
        "error": error_data(turn.error) if turn.error else None,
    }
