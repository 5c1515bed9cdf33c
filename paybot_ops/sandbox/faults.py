"""Faults on demand, for tests and drills: throttling, refusals, delays and dropped connections, for every service."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.loopback import DropConnection
from paybot_ops.sandbox.protocols import error, operation_of, service_of

_LOSE = "paybot.lose_answer"


@dataclass
class Rule:
    """What happens to requests of a service (its signing name), and of one operation where that is given.

    `times` None means until the rules are replaced. With neither `code` nor `drop`, the request goes on after the
    delay; with `lose_answer` it is carried out and the connection is dropped instead of answering.
    """

    service: str
    operation: str = ""
    status: int = 500
    code: str = ""
    message: str = "A fault that was asked for."
    times: int | None = None
    delay_seconds: float = 0.0
    drop: bool = False
    lose_answer: bool = False
    hits: int = 0

    def takes(self, request: Request) -> bool:
        """Whether the rule is still in force and meant for this request."""
        if self.times is not None and self.hits >= self.times:
            return False
        return self.service == service_of(request) and self.operation in ("", operation_of(request))


def parse_rules(document: Any) -> list[Rule]:
    """The rules of a JSON list; raises ValueError that names what is wrong."""
    if not isinstance(document, list):
        raise ValueError("the rules are a JSON list")
    rules = []
    for number, item in enumerate(document):
        try:
            rules.append(Rule(**item))
        except TypeError:
            known = ", ".join(sorted(set(Rule.__annotations__) - {"hits"}))
            raise ValueError(f"rule {number} needs a service and takes: {known}") from None
    return rules


class Faults:
    """The first part in line: it fails, delays or drops what its rules name."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def replace(self, rules: list[Rule]) -> None:
        """Put these rules in force, in order; the first that takes a request decides."""
        with self._lock:
            self._rules = rules

    def listed(self) -> list[dict[str, Any]]:
        """The rules in force with how often each was hit."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def answer(self, request: Request) -> Response | None:
        """The fault, or None to let the request go on; raises DropConnection."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.takes(request)), None)
            if rule is None:
                return None
            rule.hits += 1
        time.sleep(rule.delay_seconds)
        if rule.drop:
            raise DropConnection
        request.environ[_LOSE] = rule.lose_answer
        return error(request, rule.code, rule.message, rule.status) if rule.code else None

    def loses_answer(self, request: Request) -> bool:
        """Whether the rule that took this request wants its answer to be lost on the way."""
        return bool(request.environ.get(_LOSE))
