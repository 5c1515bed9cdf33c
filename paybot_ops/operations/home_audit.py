"""Whether a bucket and a lock table are fit to keep a state: what a migration asks before it begins."""

from __future__ import annotations

from paybot_ops.errors import PaybotError
from paybot_ops.operations.bootstrap_state import audit
from paybot_ops.operations.state_home import HomeOptions, find_home
from paybot_ops.operations.target import Target


def audit_home(target: Target) -> None:
    """Refuse a home that `bootstrap-state --check` would find fault with, its backend file aside: that is edited here.

    Raises:
        PaybotError: what differs, setting by setting.
    """
    home = find_home(target, HomeOptions())
    file = home.wanted.backend.path.name
    differing = [setting for setting in audit(home).settings if not setting.ok and setting.target != file]
    if differing:
        raise PaybotError(
            f"{home.wanted.bucket.name} is not fit to keep a state yet",
            why="a state that is lost or read by others cannot be brought back",
            hint="make it so: paybot bootstrap-state",
            details=tuple(f"{item.target} {item.name}: {item.now}, wanted {item.wanted}" for item in differing),
        )
