"""Transcripts: who says what, and the state after each turn, in files that anybody can read.

The first paragraph is a title and settings (`collection: chat`). After it a line is what the customer says
(`customer:`), something that happens (`*`), a paragraph of the bot's reply (`bot:`) or what is remembered after the
turn (`state:`). Playing a transcript's customer gives its text anew; the two must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from botocore.awsrequest import AWSResponse
from payment_bot.dialogue.state import CardCollection, Conversation
from payment_bot.stripe_key import StripeKey

from tests.lambda_bot.bot_world import NOW, SETTINGS, World, spoken, wire_response
from tests.lambda_bot.stripe_wire import TEST_KEY, refusal, silence

LIVE_KEY = TEST_KEY.replace("_test_", "_live_")
_URL = re.compile(r"https?://\S+/(?P<page>c/pay|3ds)/\S+")


@dataclass(frozen=True)
class Transcript:
    """A file, taken apart: `lines` are those that make something happen."""

    head: str
    collection: CardCollection
    lines: tuple[str, ...]


def read(text: str) -> Transcript:
    """Take a transcript apart."""
    head, _, body = text.partition("\n\n")
    lines = tuple(line for line in body.splitlines() if line.startswith(("customer: ", "* ")))
    collection = re.search(r"^collection: (\w+)$", head, re.MULTILINE)
    assert collection is not None, "a transcript says how cards are collected"
    return Transcript(head, CardCollection(collection[1]), lines)


def play(transcript: Transcript, table: Any) -> tuple[str, World]:
    """Play the customer against the bot; the transcript that comes of it, and the world after it."""
    world = World(table, replace(SETTINGS, card_collection=transcript.collection))
    return f"{transcript.head}\n" + "".join(_turns(transcript, world)), world


def _turns(transcript: Transcript, world: World) -> Iterator[str]:
    session_id = None
    for line in transcript.lines:
        if line.startswith("* "):
            yield f"\n{line}\n"
            happen(world, line.removeprefix("* "))
            continue
        reply = world.say(line.removeprefix("customer: ").replace("\\n", "\n"), session_id)
        session_id = reply.session_id
        yield f"\n{line}\n"
        for paragraph in reply.response.split("\n\n"):
            yield f"bot: {_URL.sub(_without_id, paragraph)}\n"
        found = world.sessions.find(session_id, world.clock.now)
        assert found is not None and found.conversation.step is reply.status
        yield f"state: {describe(found.conversation)}\n"


def _without_id(url: re.Match[str]) -> str:
    return f"<{url['page']}>"


def describe(conversation: Conversation) -> str:
    """What is remembered, in words."""
    card, saved = conversation.card, conversation.saved
    parts = [conversation.step.value]
    if conversation.name:
        parts.append(f"name {conversation.name}")
    if card is not None:
        parts.append(f"sealed {card.shown}" if card.is_whole else f"sealed {card.digits} digits")
    if conversation.expiry is not None:
        parts.append(f"expiry {conversation.expiry}")
    if conversation.refused_codes:
        parts.append(f"{conversation.refused_codes} codes refused")
    if conversation.pending:
        parts.append(f"pending {conversation.pending.partition('_')[0]}")
    if saved is not None:
        parts.append(f"saved {saved.brand} ending in {saved.last_four}")
    return " · ".join(parts)


def happen(world: World, what: str) -> None:
    """Let something happen between two turns."""
    for pattern, act in _HAPPENINGS.items():
        if match := re.fullmatch(pattern, what):
            act(world, *match.groups())
            return
    raise AssertionError(f"nothing is known to happen by: {what}")


def _finish_page(world: World, method: str) -> None:
    page = [each for each in world.stripe.part.snapshot() if each["object"] == "checkout.session"][-1]
    world.stripe.part.complete(page["id"], method)


def _end_page(world: World) -> None:
    for each in world.stripe.part.objects.all_of("checkout.session"):
        each |= {"status": "expired", "url": None}


def _pass_bank(world: World, outcome: str) -> None:
    intent = [each for each in world.stripe.part.snapshot() if each["object"] == "setup_intent"][-1]
    world.stripe.part.authenticate(intent["id"], outcome == "passed")


def _pass_minutes(world: World, minutes: str) -> None:
    world.clock.now += 60 * int(minutes)


def _model_says(world: World, text: str) -> None:
    world.wire.script = [lambda: spoken({"text": text})]


def _model_fails(world: World) -> None:
    def refused() -> AWSResponse:
        return wire_response(403, {"message": "no"}, "AccessDeniedException")

    world.wire.script = [refused]


def _fault(*faults: Callable[[], Any]) -> Callable[[World], None]:
    return lambda world: world.stripe.faults.extend(faults)


def _live_key(world: World) -> None:
    world.key = StripeKey(LIVE_KEY, is_live=True)


_TOO_MANY = refusal(429, type="invalid_request_error", code="rate_limit", message="Too many requests")
_NO_KEY = refusal(401, type="invalid_request_error", message="Invalid API Key provided")

_HAPPENINGS: dict[str, Callable[..., None]] = {
    r"the customer finishes Stripe's page with (\w+)": _finish_page,
    r"Stripe's page expires": _end_page,
    r"the bank's check is (passed|failed)": _pass_bank,
    r"(\d+) minutes pass": _pass_minutes,
    r"the model will say: (.+)": _model_says,
    r"the model fails": _model_fails,
    r"Stripe has too much to do": _fault(_TOO_MANY),
    r"Stripe does not answer": _fault(silence, silence),
    r"Stripe refuses the key": _fault(_NO_KEY),
    r"Stripe refuses raw cards": lambda world: world.stripe.allow_raw_cards(False),
    r"the key is a live one": _live_key,
}

assert NOW == 1_800_000_000
