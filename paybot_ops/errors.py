"""What can go wrong, in the words that a user reads, and the exit code of each."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every paybot command; Terraform's own are mapped to these, never leaked."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    FINDING = 3
    CONFIRMATION = 4
    INTERRUPTED = 130


class PaybotError(Exception):
    """A failure that a user can act on: what failed and on what, why, and what to type next.

    The four parts never hold a secret, a variable's value or the text of a user's file.
    """

    code: ExitCode = ExitCode.FAILURE
    kind: str = "failure"

    def __init__(self, what: str, *, why: str = "", hint: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint
        self.details = details

    @property
    def brief(self) -> str:
        """What failed and why, in one line."""
        return ": ".join(filter(None, (self.what, self.why)))


class UsageError(PaybotError):
    """The command line, a variable or a file of settings is not usable as it stands."""

    code = ExitCode.USAGE
    kind = "usage"


class ConfirmationError(PaybotError):
    """A change was declined, or could not be confirmed because nobody is at the terminal."""

    code = ExitCode.CONFIRMATION
    kind = "confirmation"


class FindingError(PaybotError):
    """A check ran to its end and found something: changes pending, drift, a firing alarm."""

    code = ExitCode.FINDING
    kind = "finding"


class MissingToolError(PaybotError):
    """A program that the command needs is absent or too old."""

    kind = "missing-tool"


class CredentialsError(PaybotError):
    """AWS credentials are absent, expired or those of another account."""

    kind = "credentials"


class AccessDeniedError(PaybotError):
    """AWS refused a call; `action` is the IAM action that the caller lacks."""

    kind = "access-denied"

    def __init__(self, what: str, *, action: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.action = action


class AwsError(PaybotError):
    """AWS answered a call with an error that is neither *not found* nor *access denied*."""

    kind = "aws"


class StateLockedError(PaybotError):
    """Terraform's state is locked by somebody else."""

    kind = "state-locked"


class TerraformError(PaybotError):
    """Terraform itself failed; `details` holds its diagnostics with resource and file:line."""

    kind = "terraform"


class SandboxError(PaybotError):
    """The embedded AWS is not running, would not start, or does not own the address asked for."""

    kind = "sandbox"


class StoppedError(PaybotError):
    """The user pressed Ctrl-C; whatever was under way was left consistent."""

    code = ExitCode.INTERRUPTED
    kind = "interrupted"
