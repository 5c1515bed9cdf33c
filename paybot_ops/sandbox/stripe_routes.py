"""The addresses of Stripe's API that the stand-in answers: each operation's name, parameters and permission."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug import Request

from paybot_ops.sandbox import STRIPE_PATH


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `params` is the SDK's type of its parameters, `permission` what a restricted key needs."""

    name: str
    method: str
    path: re.Pattern[str]
    params: str
    permission: str


def _route(name: str, method: str, path: str, params: str, permission: str) -> Route:
    pattern = re.escape(path).replace(r"\{id\}", r"([A-Za-z0-9_]+)")
    return Route(name, method, re.compile(pattern), params, f"rak_{permission}")


ROUTES = (
    _route("balance.retrieve", "GET", "/v1/balance", "BalanceRetrieveParams", "balance_read"),
    _route("accounts.retrieve_current", "GET", "/v1/account", "AccountRetrieveCurrentParams", "account_read"),
    _route(
        "payment_methods.create", "POST", "/v1/payment_methods", "PaymentMethodCreateParams", "payment_method_write"
    ),
    _route(
        "payment_methods.retrieve",
        "GET",
        "/v1/payment_methods/{id}",
        "PaymentMethodRetrieveParams",
        "payment_method_read",
    ),
    _route(
        "payment_methods.attach",
        "POST",
        "/v1/payment_methods/{id}/attach",
        "PaymentMethodAttachParams",
        "payment_method_write",
    ),
    _route("customers.create", "POST", "/v1/customers", "CustomerCreateParams", "customer_write"),
    _route("customers.retrieve", "GET", "/v1/customers/{id}", "CustomerRetrieveParams", "customer_read"),
    _route("setup_intents.create", "POST", "/v1/setup_intents", "SetupIntentCreateParams", "setup_intent_write"),
    _route("setup_intents.retrieve", "GET", "/v1/setup_intents/{id}", "SetupIntentRetrieveParams", "setup_intent_read"),
    _route(
        "setup_intents.confirm",
        "POST",
        "/v1/setup_intents/{id}/confirm",
        "SetupIntentConfirmParams",
        "setup_intent_write",
    ),
    _route(
        "setup_intents.cancel", "POST", "/v1/setup_intents/{id}/cancel", "SetupIntentCancelParams", "setup_intent_write"
    ),
    _route(
        "payment_intents.create", "POST", "/v1/payment_intents", "PaymentIntentCreateParams", "payment_intent_write"
    ),
    _route(
        "payment_intents.retrieve",
        "GET",
        "/v1/payment_intents/{id}",
        "PaymentIntentRetrieveParams",
        "payment_intent_read",
    ),
    _route(
        "payment_intents.confirm",
        "POST",
        "/v1/payment_intents/{id}/confirm",
        "PaymentIntentConfirmParams",
        "payment_intent_write",
    ),
    _route(
        "payment_intents.cancel",
        "POST",
        "/v1/payment_intents/{id}/cancel",
        "PaymentIntentCancelParams",
        "payment_intent_write",
    ),
    _route(
        "checkout.sessions.create", "POST", "/v1/checkout/sessions", "SessionCreateParams", "checkout_session_write"
    ),
    _route(
        "checkout.sessions.retrieve",
        "GET",
        "/v1/checkout/sessions/{id}",
        "SessionRetrieveParams",
        "checkout_session_read",
    ),
    _route(
        "checkout.sessions.expire",
        "POST",
        "/v1/checkout/sessions/{id}/expire",
        "SessionExpireParams",
        "checkout_session_write",
    ),
    _route("webhook_endpoints.create", "POST", "/v1/webhook_endpoints", "WebhookEndpointCreateParams", "webhook_write"),
    _route("events.list", "GET", "/v1/events", "EventListParams", "event_read"),
    _route("events.retrieve", "GET", "/v1/events/{id}", "EventRetrieveParams", "event_read"),
)


def find_route(method: str, path: str) -> tuple[Route, str] | None:
    """The operation at an address below the prefix, and the id in it."""
    for route in ROUTES:
        match = route.path.fullmatch(path) if route.method == method else None
        if match is not None:
            return route, match[1] if match.groups() else ""
    return None


def stripe_path(request: Request) -> str | None:
    """The path as Stripe would see it; None for a request that is not for the stand-in.

    Clients whose base address may have no path send to the root. AWS signs its requests, so a bearer key is Stripe's.
    """
    if request.path.startswith(f"{STRIPE_PATH}/"):
        return request.path.removeprefix(STRIPE_PATH)
    bearer = request.headers.get("Authorization", "").startswith("Bearer ")
    return request.path if bearer and request.path.startswith("/v1/") else None


def operation_name(method: str, path: str) -> str:
    """The operation's name (`setup_intents.confirm`), "" for a page or an unknown address."""
    found = find_route(method, path)
    return found[0].name if found else ""
