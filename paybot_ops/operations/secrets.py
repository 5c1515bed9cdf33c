"""`paybot secrets`: put the Stripe key where the bot finds it, and say what is there without showing it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from paybot_ops.adapters import secrets
from paybot_ops.adapters.stripe_api import StripeError, Verdict, ask_about
from paybot_ops.apply import apply_key
from paybot_ops.core.stripe_keys import (
    KeyReport,
    KeyStatus,
    StoredKey,
    StripeKey,
    check_fit,
    describe,
    parse_key,
    plan_key,
)
from paybot_ops.errors import AccessDeniedError, PaybotError, SandboxError, UsageError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.heading import heading
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.target import Target
from paybot_ops.render import secrets as shown
from paybot_ops.sandbox import control_client

_OUTPUT = "stripe_secret_arn"


def set_stripe_key(target: Target, gate: Gate, read: Callable[[], str], *, offline: bool = False) -> KeyReport:
    """Check the key that `read` gives, ask Stripe about it, and write it as the secret's new version.

    Raises:
        PaybotError: it is no key, does not fit the deployment, or Stripe refuses it; nothing was written.
    """
    key = parse_key(read())
    settings, screen = target.settings, target.screen
    warning = check_fit(
        key,
        card_collection=settings.card_collection,
        accepts_raw_cards=settings.accept_raw_card_data,
        embedded=target.endpoint is not None,
    )
    if warning:
        screen.warn(warning)
    secret = secret_of(target)
    if not offline:
        _ask(target, key)
    screen.note(target.header(), style="bold")
    plan = plan_key(key, observe(target, secret))
    report = KeyReport(plan, key, secret, asked=not offline)
    if plan.is_empty:
        return report
    screen.draw_aside(shown.plan_text(plan))
    if gate.dry_run:
        return report
    screen.confirm(f"write {key.shown} for {target.header()}?", yes=gate.yes)
    report.result, report.error = apply_key(plan, target.session, lambda _step: None)
    report.applied = report.error is None
    return report


def status(target: Target) -> KeyStatus:
    """What is stored now, without its value."""
    with heading(target):
        stored = observe(target, secret_of(target))
    return describe(stored, datetime.now(UTC))


def observe(target: Target, secret: str) -> StoredKey:
    """What Secrets Manager holds; somebody who may write a key need not be allowed to read it."""
    try:
        return get_stored_key(target, secret)
    except AccessDeniedError as error:
        target.screen.warn(f"{error.what}: the key that is stored cannot be compared ({error.action})")
        return StoredKey(secret, readable=False)


def get_stored_key(target: Target, secret: str) -> StoredKey:
    """What Secrets Manager holds. Raises `AccessDeniedError` (secretsmanager:GetSecretValue, kms:Decrypt)."""
    found = secrets.find_value(target.session, secret)
    if found is None:
        return StoredKey(secret)
    return StoredKey(secret, found.text, found.version, found.created)


def make_test_key(target: Target) -> str:
    """A key of the embedded AWS's own stand-in of Stripe, which may see card numbers.

    Raises:
        UsageError: this is not the embedded AWS, so Stripe alone can make a key.
    """
    if target.endpoint is None:
        raise UsageError(
            "--test-key is for the embedded AWS only",
            why="a key of your own account comes from Stripe",
            hint="its dashboard shows it: Developers, API keys; or use --sandbox",
        )
    answer = control_client.call(target.endpoint, "POST", "/_paybot/stripe/keys", {"raw_cards": True})
    if "key" not in answer:
        raise SandboxError("the embedded AWS made no test key", why=f"nothing of paybot's answers at {target.endpoint}")
    return str(answer["key"])


def secret_of(target: Target) -> str:
    """The ARN of the deployment's secret.

    Raises:
        PaybotError: nothing is deployed, or the module says of no secret.
    """
    found = read_outputs(target).get(_OUTPUT)
    if not found:
        raise PaybotError(
            f"the deployment has no output {_OUTPUT}",
            why="its module makes no secret for the Stripe key",
            hint="deploy paybot's own module: paybot deploy",
        )
    return str(found)


def _ask(target: Target, key: StripeKey) -> None:
    with target.screen.step("ask Stripe about the key"):
        verdict = ask_about(key, target.stripe_address)
    if verdict is Verdict.REFUSED:
        raise StripeError(
            f"Stripe refuses the key {key.shown}",
            why="it is mistyped, revoked, expired, or of another Stripe",
            hint="copy it once more from Stripe's dashboard: Developers, API keys",
        )
