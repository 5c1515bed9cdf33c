"""What a failed Terraform run means, in paybot's words, and what to type next."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from paybot_ops.core.terraform_events import Diagnostic, lock_holder
from paybot_ops.errors import (
    AccessDeniedError,
    CredentialsError,
    MissingToolError,
    PaybotError,
    StateLockedError,
    TerraformError,
    UsageError,
)

_NEEDS_INIT = re.compile(
    r"backend initialization required|required plugins are not installed|inconsistent dependency lock file"
    r"|module not installed|provider requirements cannot be satisfied|missing required provider",
    re.IGNORECASE,
)
_DENIED = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z*]+)")
# A refusal of S3 names the call only (AWS SDK for Go), and a call is not always named like the right that it needs.
_DENIED_CALL = re.compile(r"operation error (S3|DynamoDB): (\w+), .*?StatusCode: 403", re.DOTALL)
_ACTIONS = {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket", "HeadBucket": "ListBucket"}


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    error: Callable[[tuple[str, ...]], PaybotError]


def needs_init(errors: Sequence[Diagnostic]) -> bool:
    """True when Terraform refuses only because its directory is not initialized for these files."""
    return any(_NEEDS_INIT.search(f"{item.summary} {item.detail}") for item in errors)


def explain(subcommand: str, code: int, errors: Sequence[Diagnostic]) -> PaybotError:
    """The error of a run that ended with this exit code (negative: killed by that signal) and these diagnostics."""
    details = tuple(str(item) for item in errors)
    if code < 0:
        return TerraformError(
            f"terraform {subcommand} was killed by signal {-code}",
            why="it could not finish what it had begun; what it had finished is in the state",
            hint="run the same command again: it goes on from where this one stopped",
            details=details,
        )
    for item in errors:
        if (holder := lock_holder(item)) is not None:
            return StateLockedError(
                f"the Terraform state is locked by {holder.who}",
                why=f"{holder.operation or 'an operation'} since {holder.created}",
                hint="wait for it; paybot state status shows it, and if it is certainly dead: paybot state unlock",
            )
    text = "\n".join(f"{item.summary}\n{item.detail}" for item in errors)
    for rule in _RULES:
        if rule.pattern.search(text):
            return rule.error(details)
    if (action := _denied_action(text)) is not None:
        return AccessDeniedError(
            f"terraform {subcommand} was denied access",
            action=action,
            why="; ".join(details),
            hint=f"allow {action}, or use other credentials (AWS_PROFILE)",
        )
    return TerraformError(
        f"terraform {subcommand} failed",
        why="" if details else "it said nothing of why; see it all with --verbose",
        details=details,
    )


def _denied_action(text: str) -> str | None:
    if (said := _DENIED.search(text)) is not None:
        return said[1]
    if (called := _DENIED_CALL.search(text)) is not None:
        return f"{called[1].lower()}:{_ACTIONS.get(called[2], called[2])}"
    return None


def _rule(pattern: str, error: Callable[[tuple[str, ...]], PaybotError]) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE), error)


_RULES = (
    _rule(
        r"no space left on device|disk quota exceeded",
        lambda details: TerraformError(
            "the disk is full",
            why="Terraform could not write its files",
            hint="free some space and run the same command again",
            details=details,
        ),
    ),
    _rule(
        r"failed to (query available provider packages|install provider|resolve provider packages)"
        r"|could not (connect to|retrieve the list of available versions|query provider registry)",
        lambda details: MissingToolError(
            "the AWS provider of Terraform cannot be downloaded",
            why="neither the registry nor a local mirror gave it",
            hint="check the network, or name a folder that holds it: PAYBOT_TF_MIRROR=…",
            details=details,
        ),
    ),
    _rule(
        r"terraform_data\.data_guard\[0\] has lifecycle\.prevent_destroy set",
        lambda _details: UsageError(
            "the plan destroys or replaces data that is protected",
            why="protect_data is on, as it is in prod unless it is set: the session table, the key, the Stripe secret "
            "and the bot's log stay",
            hint="if they are to go: protect_data = false in the tfvars, then in the Terraform directory "
            "terraform state rm 'terraform_data.data_guard[0]', then paybot deploy, then the same again",
        ),
    ),
    _rule(
        r"aws account id not allowed",
        lambda details: CredentialsError(
            "these credentials are of an account that the module does not allow",
            why="; ".join(details),
            hint="use the right profile (AWS_PROFILE=…), or mend allowed_account_ids",
        ),
    ),
    _rule(
        r"no valid credential sources found|failed to (refresh cached|retrieve) credentials",
        lambda details: CredentialsError(
            "Terraform found no AWS credentials",
            why="; ".join(details),
            hint="sign in (aws sso login, AWS_PROFILE=…), or try it without an account: --sandbox",
        ),
    ),
    _rule(
        r"invalid value for (input )?variable|no value for required variable|value for undeclared variable",
        lambda details: UsageError(
            "a variable's value is not usable", hint="mend it in the tfvars and run the same again", details=details
        ),
    ),
    _rule(
        r"(error writing|failed to (persist|save|write)|permission denied|read-only file system)",
        lambda details: TerraformError(
            "Terraform cannot write its files", hint="make the directory writable, or use a copy", details=details
        ),
    ),
)
