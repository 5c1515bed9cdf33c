"""Asks Stripe to keep a card. Every way to fail is a value, and nothing is a success but Stripe's own word."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from payment_bot.deadline import Deadline
from payment_bot.dialogue.cards import Brand
from payment_bot.dialogue.effects import (
    Accepted,
    BankAsks,
    Declined,
    Failed,
    LinkOpen,
    LinkOver,
    Opened,
    Problem,
)
from payment_bot.dialogue.expiry import Expiry
from payment_bot.dialogue.state import CardCollection, SavedCard
from payment_bot.settings import Settings
from payment_bot.stripe_errors import read_decline, read_error
from payment_bot.stripe_key import KeyCache, NoKeyError, StripeKey
from payment_bot.stripe_sdk import CONNECT_SECONDS, READ_SECONDS, make_client

if TYPE_CHECKING:
    import stripe
    from stripe import RequestOptions
    from stripe.params import PaymentMethodCreateParams, SetupIntentCreateParams
    from stripe.params.checkout import SessionCreateParams

T = TypeVar("T")

# After the last call the session still has to be written.
_SAVE_SECONDS = 5.0
_CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS
_PAUSE_SECONDS = 1.0

_BRANDS = {
    "visa": Brand.VISA, "mastercard": Brand.MASTERCARD, "amex": Brand.AMEX, "discover": Brand.DISCOVER,
    "diners": Brand.DINERS, "jcb": Brand.JCB, "unionpay": Brand.UNIONPAY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """On whose behalf Stripe is asked, for the how manieth time, and where its pages lead back to."""

    session_id: str = field(repr=False)
    attempt: int
    done_url: str

    def key(self, what: str) -> str:
        """An idempotency key: the same request of the same attempt is carried out once, however often it is sent."""
        return f"paybot-{hashlib.sha256(self.session_id.encode()).hexdigest()[:32]}-{self.attempt}-{what}"


@dataclass(frozen=True, slots=True)
class CardData:
    """A whole card, for as long as one call takes."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    expiry: Expiry
    code: str = field(repr=False)

    def params(self) -> PaymentMethodCreateParams:
        """What Stripe is sent."""
        return {
            "type": "card",
            "card": {
                "number": self.number,
                "exp_month": self.expiry.month,
                "exp_year": self.expiry.year,
                "cvc": self.code,
            },
            "billing_details": {"name": self.name},
        }


class Payments:
    """Stripe, with the deployment's key. `client_of` makes a client from a key and an address."""

    def __init__(
        self,
        keys: KeyCache,
        settings: Settings,
        client_of: Callable[[str, str], stripe.StripeClient] = make_client,
    ) -> None:
        self._keys = keys
        self._settings = settings
        self._client_of = client_of
        self._client: tuple[StripeKey, stripe.StripeClient] | None = None

    def open_chat(self) -> Opened | Failed:
        """Find out whether card numbers may be taken in the chat; asks nothing of Stripe."""
        key = self._key(raw_cards=True)
        return key if isinstance(key, Failed) else Opened()

    def tokenize(self, order: Order, card: CardData, deadline: Deadline) -> Accepted | BankAsks | Declined | Failed:
        """Make a PaymentMethod, then confirm a SetupIntent with it: only that asks the bank."""

        def act(call: _Call) -> Accepted | BankAsks | Declined | Failed:
            method = call.client.v1.payment_methods.create(card.params(), call.options(order.key("method")))
            setup: SetupIntentCreateParams = {
                "confirm": True,
                "payment_method": method.id,
                "allowed_payment_method_types": ["card"],
                "usage": "off_session",
                "return_url": order.done_url,
            }
            intent = call.client.v1.setup_intents.create(setup, call.options(order.key("setup")))
            return _read_intent(intent, method)

        return self._call(act, deadline, raw_cards=True)

    def open_link(self, order: Order, deadline: Deadline) -> LinkOpen | Declined | Failed:
        """Make a Checkout Session that sets up a card."""

        def act(call: _Call) -> LinkOpen | Failed:
            setup: SessionCreateParams = {
                "mode": "setup",
                "allowed_payment_method_types": ["card"],
                "success_url": order.done_url,
                "cancel_url": order.done_url,
            }
            page = call.client.v1.checkout.sessions.create(setup, call.options(order.key("page")))
            return LinkOpen(page.id, page.url) if page.url else Failed(Problem.REFUSED)

        return self._call(act, deadline)

    def check_link(self, pending: str, deadline: Deadline) -> Accepted | LinkOpen | LinkOver | Declined | Failed:
        """Ask what became of a Checkout Session."""

        def act(call: _Call) -> Accepted | LinkOpen | LinkOver:
            page = call.client.v1.checkout.sessions.retrieve(
                pending, {"expand": ["setup_intent.payment_method"]}, call.options()
            )
            if page.status == "open" and page.url:
                return LinkOpen(page.id, page.url)
            intent = page.setup_intent
            if page.status != "complete" or intent is None or isinstance(intent, str):
                return LinkOver()
            found = _read_intent(intent, intent.payment_method)
            return found if isinstance(found, Accepted) else LinkOver()

        return self._call(act, deadline)

    def check_bank(self, pending: str, deadline: Deadline) -> Accepted | BankAsks | Declined | Failed:
        """Ask what became of a SetupIntent that the bank wanted to hear the customer about."""

        def act(call: _Call) -> Accepted | BankAsks | Declined | Failed:
            intent = call.client.v1.setup_intents.retrieve(pending, {"expand": ["payment_method"]}, call.options())
            return _read_intent(intent, intent.payment_method)

        return self._call(act, deadline)

    def _call(self, act: Callable[[_Call], T], deadline: Deadline, *, raw_cards: bool = False) -> T | Declined | Failed:
        """Carry something out; when Stripe refuses the key, try once more with a new one if there is a new one."""
        refused: StripeKey | None = None
        while True:
            key = self._key(raw_cards=raw_cards)
            if isinstance(key, Failed) or key == refused:
                return key if isinstance(key, Failed) else Failed(Problem.KEY)
            found = self._try(act, key, deadline)
            if found != Failed(Problem.KEY) or refused is not None:
                return found
            self._keys.refused(key)
            refused = key

    def _try(self, act: Callable[[_Call], T], key: StripeKey, deadline: Deadline) -> T | Declined | Failed:
        if self._client is None or self._client[0] != key:
            self._client = (key, self._client_of(key.value, self._settings.stripe_api_base))
        client = self._client[1]
        from stripe import StripeError

        try:
            return act(_Call(client, deadline))
        except StripeError as error:
            return read_error(error)
        except OutOfTimeError:
            return Failed(Problem.UNREACHABLE)

    def _key(self, *, raw_cards: bool) -> StripeKey | Failed:
        try:
            key = self._keys.get()
        except NoKeyError:
            return Failed(Problem.NO_KEY)
        if key.is_live and self._settings.stripe_api_base:
            # A stand-in has no business with a real key.
            return Failed(Problem.NO_KEY)
        chat = raw_cards and self._settings.card_collection is CardCollection.CHAT
        if key.is_live and chat and not self._settings.accept_raw_card_data:
            return Failed(Problem.LIVE_CHAT)
        return key


class OutOfTimeError(Exception):
    """A call was not begun, because its answer could come too late to be stored."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One client with the time that is left for what it is asked."""

    client: stripe.StripeClient
    deadline: Deadline

    def options(self, key: str | None = None) -> RequestOptions:
        """Options of the next request; raises OutOfTimeError rather than begin one too late."""
        left = self.deadline.left() - _SAVE_SECONDS
        if left < _CALL_SECONDS:
            raise OutOfTimeError
        retries = 1 if left >= 2 * _CALL_SECONDS + _PAUSE_SECONDS else 0
        return {"max_network_retries": retries, **({"idempotency_key": key} if key else {})}


def _read_intent(
    intent: stripe.SetupIntent, method: stripe.PaymentMethod | str | None
) -> Accepted | BankAsks | Declined | Failed:
    match intent.status:
        case "succeeded" if method is not None and not isinstance(method, str) and method.card is not None:
            brand = _BRANDS.get(method.card.brand)
            return Accepted(SavedCard(method.id, brand or "card", method.card.last4 or ""))
        case "requires_action":
            action = intent.next_action
            redirect = action.redirect_to_url if action is not None else None
            url = redirect.url if redirect is not None else None
            return BankAsks(intent.id, url) if url else Failed(Problem.REFUSED)
        case "requires_payment_method" | "canceled":
            return Declined(read_decline(intent.last_setup_error))
        case _:
            return Failed(Problem.REFUSED)
