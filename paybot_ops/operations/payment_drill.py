"""A test card through the deployed API, and the search for its number in what the conversation left behind."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from paybot_ops.adapters import session_table
from paybot_ops.adapters.chat import send_message
from paybot_ops.adapters.logs import filter_log_events
from paybot_ops.apply import apply_forget_session
from paybot_ops.core.card_search import holds_number
from paybot_ops.core.chat import ChatReply
from paybot_ops.core.chat_turns import session_tag
from paybot_ops.core.dialogues import ACCEPTED_CARD, Spoken, drill_dialogue, hold
from paybot_ops.core.drills import Drill, Drilled, Verdict
from paybot_ops.errors import PaybotError
from paybot_ops.operations.authorization import chat_authorization
from paybot_ops.operations.target import Target

# CloudWatch Logs shows an event a few seconds after it was written.
_LOG_SECONDS = 45
_LOG_PAUSE_SECONDS = 1


def hold_payment(target: Target, outputs: Mapping[str, Any]) -> Drilled:
    """Hold the conversation, search, and delete the session's row whatever happened.

    Raises:
        PaybotError: the bot does not answer as it must, or AWS does not.
    """
    drill = _Payment(target, outputs)
    try:
        drill.talk()
        drill.search()
    except PaybotError:
        # A number that was found counts for more than whatever ended the search.
        if not drill.leaks:
            raise
    finally:
        drill.forget()
    why = hint = ""
    if drill.leaks:
        why = f"the test card's number stands in clear in {', '.join(drill.leaks)}"
        hint = "stop serving (paybot pause) and find out how it got there: paybot logs"
    elif drill.unproven:
        why = f"the conversation had not arrived in {drill.unproven} after {_LOG_SECONDS} s: nothing is proven of it"
        hint = "hold it again: paybot verify --only payment"
    verdict = Verdict.FAILED if why else Verdict.PASSED
    return Drilled(drill=Drill.PAYMENT, verdict=verdict, seen=tuple(drill.seen), why=why, hint=hint)


class _Payment:
    """One conversation, with what was seen of it so far and where its card number was found."""

    def __init__(self, target: Target, outputs: Mapping[str, Any]) -> None:
        self.seen: list[str] = []
        self.leaks: list[str] = []
        self.unproven = ""
        self._target = target
        self._outputs = outputs
        self._table = str(outputs.get("session_table_name") or "")
        self._session_id = ""
        self._requests: list[str] = []
        self._started = datetime.now(UTC)

    def talk(self) -> None:
        takes_cards = self._target.settings.card_collection == "chat"
        url = str(self._outputs["chat_url"])
        authorization = chat_authorization(self._target, self._outputs)
        spoken = Spoken("")

        def send(message: str, session_id: str | None) -> ChatReply:
            reply = send_message(url, message, session_id=session_id, authorization=authorization)
            self._session_id = reply.session_id
            self._requests.append(reply.request_id)
            # Between two turns the number is kept, encrypted: that is when it could be found.
            if self._table:
                self._look(
                    "the session table", [session_table.find_row(self._target.session, self._table, reply.session_id)]
                )
            return reply

        with self._target.screen.step("a test card through the chat"):
            hold(drill_dialogue(datetime.now(UTC).date(), takes_cards=takes_cards), send, spoken)
        self._look("the bot's answers", [turn.bot for turn in spoken.turns])
        slowest = max(turn.milliseconds for turn in spoken.turns)
        what = "the test card was accepted" if takes_cards else "the card number was refused, and Stripe's page offered"
        self.seen.append(f"{what}: {len(spoken.turns)} turns, the slowest {slowest:.0f} ms")
        if takes_cards:
            self.seen.append("Stripe keeps a SetupIntent of its test mode, which cannot be deleted")

    def search(self) -> None:
        with self._target.screen.step("search for the card's number"):
            if self._table:
                rows = list(session_table.list_rows(self._target.session, self._table))
                self._look("the session table", rows)
                self.seen.append(f"session table: {len(rows)} rows searched")
            for name in ("lambda_log_group", "api_access_log_group"):
                if self._outputs.get(name):
                    self._search_log(str(self._outputs[name]), own=name == "lambda_log_group")

    def forget(self) -> None:
        if self._session_id and self._table:
            apply_forget_session(self._target.session, self._table, self._session_id)

    def _search_log(self, group: str, *, own: bool) -> None:
        """A search of the bot's own log counts only once every turn has arrived there."""
        until = time.monotonic() + _LOG_SECONDS
        while True:
            lines = self._lines(group)
            missing = own and self._are_missing(lines)
            if not missing or time.monotonic() > until:
                break
            time.sleep(_LOG_PAUSE_SECONDS)
        self._look(group, lines)
        if missing:
            self.unproven = group
        else:
            self.seen.append(f"{group}: {len(lines)} lines searched")

    def _are_missing(self, lines: Sequence[str]) -> bool:
        """Whether a turn has left no line yet; where the API does not name its requests, the session is looked for."""
        wanted = [request for request in self._requests if request] or [session_tag(self._session_id)]
        return not all(any(each in line for line in lines) for each in wanted)

    def _lines(self, group: str) -> list[str]:
        pages = filter_log_events(self._target.session, group, start=int(self._started.timestamp() * 1000))
        return [str(event["message"]) for page in pages if page is not None for event in page]

    def _look(self, place: str, things: Iterable[Any]) -> None:
        if place not in self.leaks and holds_number(list(things), ACCEPTED_CARD):
            self.leaks.append(place)
