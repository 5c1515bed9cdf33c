"""What the sandbox commands answer."""

from __future__ import annotations

from typing import Protocol


class Running(Protocol):
    """An embedded AWS that answers."""

    @property
    def endpoint(self) -> str:
        """Its URL on loopback."""

    @property
    def pid(self) -> int:
        """Its process."""

    @property
    def account_id(self) -> str:
        """The account that it plays."""

    @property
    def region(self) -> str:
        """The region that its workspace deploys to."""


def started_text(running: Running) -> str:
    """Where it is, and how any AWS client reaches it."""
    return "\n".join(
        [
            f"the embedded AWS is at {running.endpoint} (account {running.account_id}, {running.region})",
            "next: paybot deploy --sandbox",
            "any other client reaches it with:",
            f"  export AWS_ENDPOINT_URL={running.endpoint} AWS_DEFAULT_REGION={running.region}",
            "  export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox",
        ]
    )


def status_text(running: Running | None) -> str:
    """Whether it is running."""
    if running is None:
        return "not running"
    return f"running at {running.endpoint} (process {running.pid}, account {running.account_id}, {running.region})"
