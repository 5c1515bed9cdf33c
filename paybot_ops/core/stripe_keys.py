"""The Stripe key of a deployment: what a text is, whether it fits the deployment, and what would be written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from paybot_ops.errors import ExitCode, PaybotError, UsageError
from paybot_ops.plan import Action, Plan, Result

OLD_AFTER_DAYS = 365
"""A key that is this old should be rolled (Stripe: "Best practices for managing secret API keys")."""

PICKED_UP_SECONDS = 300
"""For so long the bot may go on with the key that it has; one that Stripe refuses it replaces at once."""

KEY_FORM = r"((?:sk|rk)_(?:test|live|org)_|whsec_)[A-Za-z0-9_+/=-]{8,}"
"""Any secret of Stripe's inside a text, signing secrets too (they are base64); its group is what may be shown of it."""

# Inside a word it is none, but for the letters of an escape: in a file, a line may end with the two characters \n.
KEY_ALONE = re.compile(rf"(?:(?<![A-Za-z0-9_])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{{4}})){KEY_FORM}")
"""The same, for where a wrong suspicion is as bad as a missed key."""

_KEY = re.compile(r"(?P<kind>sk|rk)_(?P<mode>test|live)_[A-Za-z0-9_]{8,247}(?P<last>[A-Za-z0-9]{4})")
_WHERE = "Stripe's dashboard shows it: Developers, API keys"


class Mode(StrEnum):
    """Whether a key moves money."""

    TEST = "test"
    LIVE = "live"


class Kind(StrEnum):
    """What a key may do: everything, or what it was given."""

    SECRET = "secret"  # noqa: S105 -- Stripe's word for it
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True)
class StripeKey:
    """A key whose form is right; its value is in no repr, so in no traceback and no log."""

    kind: Kind
    mode: Mode
    last_four: str
    value: str = field(repr=False)

    @property
    def shown(self) -> str:
        """What may be shown of it."""
        return f"{'sk' if self.kind is Kind.SECRET else 'rk'}_{self.mode}_…{self.last_four}"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What Secrets Manager holds. `text` is None when there is no value; `readable` False when it may not be read."""

    secret: str
    text: str | None = field(default=None, repr=False)
    version: str = ""
    changed: datetime | None = None
    readable: bool = True

    @property
    def key(self) -> StripeKey | None:
        """The key, where the value is one."""
        return find_key(self.text) if self.text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteStripeKey(Action):
    """Write the key as the secret's new version."""

    key: StripeKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan(Plan):
    """At most one action."""

    actions: tuple[WriteStripeKey, ...] = ()


@dataclass(slots=True)
class KeyReport:
    """What `set-stripe-key` came to; `asked` says whether Stripe itself has accepted the key."""

    plan: KeyPlan
    key: StripeKey
    secret: str
    asked: bool = False
    applied: bool = False
    result: Result = field(default_factory=Result)
    error: PaybotError | None = None

    @property
    def code(self) -> ExitCode:
        """The exit code: that of the failure, if there was one."""
        return self.error.code if self.error else ExitCode.OK


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """What may be said of the key that is stored; `problem` is empty where payments can be taken with it."""

    secret: str
    kind: Kind | None = None
    mode: Mode | None = None
    last_four: str = ""
    changed: datetime | None = None
    age_days: int | None = None
    version: str = ""
    problem: str = ""


def find_key(text: str) -> StripeKey | None:
    """The key that a text is, or None."""
    match = _KEY.fullmatch(text.strip())
    if match is None:
        return None
    kind = Kind.SECRET if match["kind"] == "sk" else Kind.RESTRICTED
    return StripeKey(kind, Mode(match["mode"]), match["last"], match[0])


def parse_key(text: str) -> StripeKey:
    """The key that a person gave.

    Raises:
        UsageError: it is none, and why; the text is never quoted.
    """
    found = find_key(text)
    if found is not None:
        return found
    given = text.strip()
    if not given:
        raise UsageError(
            "no Stripe key was given", why="nothing came from the terminal or from stdin", hint=_HOW_TO_GIVE
        )
    for prefix, what in _NO_KEYS.items():
        if given.startswith(prefix):
            raise UsageError(f"this is {what}, not a secret or restricted key", why=_NEEDED, hint=_WHERE)
    if len(given.split()) > 1:
        raise UsageError("more than a key was given", why="there is white space inside", hint=_HOW_TO_GIVE)
    raise UsageError("this is no Stripe key", why="a key looks like sk_test_… or rk_live_…", hint=_WHERE)


def check_fit(key: StripeKey, *, card_collection: str, accepts_raw_cards: bool, embedded: bool) -> str:
    """Whether the deployment may have this key; gives a warning, or "".

    Raises:
        UsageError: a live key in the embedded AWS, or for a chat that takes cards without that being accepted.
    """
    if key.mode is Mode.TEST:
        return ""
    if embedded:
        raise UsageError(
            "a live key does not belong in the embedded AWS",
            why="it is a simulation, and its stand-in of Stripe knows test keys only",
            hint="paybot secrets set-stripe-key --sandbox --test-key",
        )
    if card_collection != "chat":
        return ""
    if not accepts_raw_cards:
        raise UsageError(
            'a live key and card_collection = "chat" are refused together',
            why="card numbers that pass through your own systems put you under PCI DSS SAQ D",
            hint='card_collection = "hosted_link", or accept_raw_card_data = true where that is accepted',
        )
    return "live card numbers will pass through the chat: PCI DSS SAQ D applies (accept_raw_card_data is true)"


def plan_key(wanted: StripeKey, stored: StoredKey) -> KeyPlan:
    """What would be written; nothing, where the same key is stored already."""
    if stored.text is not None and stored.text.strip() == wanted.value:
        return KeyPlan()
    action = WriteStripeKey(verb="write", target=stored.secret, reason=_reason(wanted, stored), key=wanted)
    return KeyPlan(actions=(action,))


def describe(stored: StoredKey, now: datetime) -> KeyStatus:
    """The status of what is stored."""
    key = stored.key
    age = (now - stored.changed).days if stored.changed else None
    problem = ""
    if not stored.readable:
        problem = "its value may not be read with these credentials (secretsmanager:GetSecretValue, kms:Decrypt)"
    elif stored.text is None:
        problem = "no key was set yet"
    elif key is None:
        problem = "what is stored is no Stripe key"
    elif age is not None and age > OLD_AFTER_DAYS:
        problem = f"the key is {age} days old; roll it in Stripe's dashboard and set the new one"
    return KeyStatus(
        secret=stored.secret,
        kind=key.kind if key else None,
        mode=key.mode if key else None,
        last_four=key.last_four if key else "",
        changed=stored.changed,
        age_days=age,
        version=stored.version,
        problem=problem,
    )


def _reason(wanted: StripeKey, stored: StoredKey) -> str:
    if not stored.readable:
        return "what is stored could not be compared"
    if stored.text is None:
        return "no key was set yet"
    before = stored.key
    if before is None:
        return "what is stored is no Stripe key"
    if before.mode is not wanted.mode:
        return f"from {before.mode} mode to {wanted.mode} mode, in place of {before.shown}"
    return f"in place of {before.shown}"


_HOW_TO_GIVE = "type it at the prompt, or pipe it in: paybot secrets set-stripe-key --yes < FILE"
_NEEDED = "the bot calls Stripe's API as the shop, which takes sk_… or, better, rk_… with few permissions"
_NO_KEYS = {
    "pk_": "a publishable key (it is for pages, and can only make tokens)",
    "whsec_": "a webhook's signing secret",
    "acct_": "an account's id",
    "sk_org_": "an organization's key (it stands for no single account)",
}
