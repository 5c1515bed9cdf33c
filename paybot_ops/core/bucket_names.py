"""What S3 accepts as the name of a bucket.

Source: Amazon S3 user guide, "General purpose bucket naming rules".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from paybot_ops.errors import UsageError

_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")

# Each rule with what breaks it, in the order in which a reader would check them.
_RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("a bucket's name has 3 to 63 characters", lambda name: not 3 <= len(name) <= 63),
    ("it holds only lower-case letters, digits, dots and hyphens", lambda name: not re.fullmatch(r"[a-z0-9.-]*", name)),
    ("it begins and ends with a letter or a digit", lambda name: not (name[0].isalnum() and name[-1].isalnum())),
    ("two dots never stand side by side", lambda name: ".." in name),
    ("it is not formatted as an IP address", lambda name: _ADDRESS.fullmatch(name) is not None),
    (f"it does not begin with {', '.join(_RESERVED_PREFIXES)}", lambda name: name.startswith(_RESERVED_PREFIXES)),
    (f"it does not end with {', '.join(_RESERVED_SUFFIXES)}", lambda name: name.endswith(_RESERVED_SUFFIXES)),
)


def broken_rule(name: str) -> str | None:
    """The first rule that a name breaks, in words; None for a good name."""
    return next((rule for rule, breaks in _RULES if breaks(name)), None)


def check_bucket_name(name: str) -> None:
    """Refuse a name that S3 would refuse.

    Raises:
        UsageError: it names the rule that is broken.
    """
    rule = broken_rule(name)
    if rule is not None:
        raise UsageError(f"{name!r} cannot be a bucket's name", why=rule, hint="choose another one with --bucket")


def default_bucket_name(project: str, account: str) -> str:
    """The name that a project's state bucket gets: bucket names are one namespace for all accounts."""
    return f"{project}-terraform-state-{account}"
