"""What the stand-in of Stripe remembers: objects under ids of Stripe's form, and their expansion in answers."""

from __future__ import annotations

import copy
import itertools
import secrets
import string
import time
from collections.abc import Callable, Iterable
from typing import Any

from paybot_ops.sandbox.stripe_cards import Behaviour
from paybot_ops.sandbox.stripe_errors import StripeError, missing

Object = dict[str, Any]

_ALPHABET = string.ascii_letters + string.digits
_NAMES = {
    "payment_method": "PaymentMethod",
    "setup_intent": "setupintent",
    "payment_intent": "payment_intent",
    "customer": "customer",
    "checkout.session": "checkout.session",
    "event": "event",
    "webhook_endpoint": "webhook endpoint",
}


class Objects:
    """Every object by its id, and beside the payment methods what their cards do. Not locked: its owner does that."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._objects: dict[str, Object] = {}
        self._behaviours: dict[str, Behaviour] = {}

    def now(self) -> int:
        """The time in epoch seconds."""
        return int(self._clock())

    def new(self, kind: str, prefix: str, **members: Any) -> Object:
        """Make and remember an object; test mode's ids are those of live mode."""
        made = {"id": new_id(prefix), "object": kind, "created": self.now(), "livemode": False, **members}
        self._objects[made["id"]] = made
        return made

    def get(self, kind: str, identifier: str, *, param: str = "") -> Object:
        """The object of that kind and id.

        Raises:
            StripeError: there is none.
        """
        found = self._objects.get(identifier)
        if found is None or found["object"] != kind:
            raise missing(_NAMES[kind], identifier, param=param)
        return found

    def all_of(self, kind: str) -> list[Object]:
        """Every object of a kind, newest first."""
        return [found for found in reversed(self._objects.values()) if found["object"] == kind]

    def set_behaviour(self, identifier: str, behaviour: Behaviour) -> None:
        """Remember what the card of a payment method does."""
        self._behaviours[identifier] = behaviour

    def behaviour(self, identifier: str) -> Behaviour:
        """What the card of a payment method does."""
        return self._behaviours[identifier]

    def expanded(self, answer: Object, paths: Iterable[str]) -> Object:
        """A copy of the object with the ids at these paths replaced by what they stand for.

        Raises:
            StripeError: a path that leads to no object.
        """
        whole = public(answer)
        for path in paths:
            self._expand(whole, path.split("."), path)
        return whole

    def snapshot(self, start: int = 0) -> list[Object]:
        """Everything that is remembered, oldest first and from a place on, for whoever wants to search it."""
        return [copy.deepcopy(found) for found in itertools.islice(self._objects.values(), start, None)]

    def _expand(self, holder: Object, steps: list[str], path: str) -> None:
        name, rest = steps[0], steps[1:]
        if name not in holder:
            raise StripeError(400, f"This property cannot be expanded ({path}).", param="expand")
        value = holder[name]
        if isinstance(value, str):
            if value not in self._objects:
                raise StripeError(400, f"This property cannot be expanded ({path}).", param="expand")
            value = holder[name] = public(self._objects[value])
        if rest and isinstance(value, dict):
            self._expand(value, rest, path)


def public(found: Object) -> Object:
    """A copy without what the stand-in notes for itself."""
    return {name: copy.deepcopy(value) for name, value in found.items() if not name.startswith("_")}


def new_id(prefix: str, length: int = 24) -> str:
    """A fresh id; the part after the prefix cannot be guessed."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"
