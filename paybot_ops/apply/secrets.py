"""Changes of secrets: a new version of a value that was shown by its last four characters and confirmed."""

from __future__ import annotations

from paybot_ops.adapters import secrets
from paybot_ops.adapters.session import Session
from paybot_ops.core.stripe_keys import WriteStripeKey


def write(session: Session, action: WriteStripeKey) -> None:
    """Write the key; the version before it stays in Secrets Manager as the previous one."""
    secrets.put_value(session, action.target, action.key.value)
