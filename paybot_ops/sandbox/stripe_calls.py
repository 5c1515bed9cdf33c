"""One call of the stand-in of Stripe, as its operations see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from paybot_ops.sandbox.stripe_access import Key
from paybot_ops.sandbox.stripe_errors import StripeError
from paybot_ops.sandbox.stripe_objects import Object


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked for: the checked parameters, the id in the address, and by whom."""

    key: Key
    params: dict[str, Any] = field(repr=False)
    identifier: str = ""

    def text(self, name: str, default: str | None = None) -> str | None:
        """A text parameter."""
        value = self.params.get(name, default)
        return None if value is None else str(value)

    def required(self, name: str) -> str:
        """A text parameter that this operation cannot do without.

        Raises:
            StripeError: it is absent.
        """
        value = self.text(name)
        if value is None:
            raise StripeError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
        return value

    @property
    def metadata(self) -> dict[str, str]:
        """The caller's own labels."""
        return dict(self.params.get("metadata") or {})


# What an operation does: the object that is answered.
Act = Callable[[Call], Object]


class Emit(Protocol):
    """Tells the world that something happened to an object."""

    def __call__(self, kind: str, about: Object) -> None:
        """Make an event of it, and deliver it to whoever wants such events."""
