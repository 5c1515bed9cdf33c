"""Secrets where none may be: in a variable's default, a file of values, a state, a plan. No value is ever quoted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from paybot_ops.core.card_masking import CARD_REMOVED, masked
from paybot_ops.core.hcl.reading import read_assignments, read_variables
from paybot_ops.core.hcl.values import Value
from paybot_ops.core.stripe_keys import KEY_ALONE
from scan.finding import Finding

_CHECK = "secret"
_FORMS = {
    "a key of Stripe's": KEY_ALONE,
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    # AWS's secret keys have no prefix: forty characters that follow their name.
    "an AWS secret key": re.compile(r"(?i)secret_?access_?key\W{1,8}[0-9a-z/+]{40}(?![0-9a-z/+=])"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
# Digits as a number is written: in one run or in groups. A list of small numbers is none.
_DIGITS = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_NAMED = re.compile(r"(?:^|_)(?:secret|secrets|password|passwd|token|api_key|private_key|secret_key|stripe_key)$")


def kinds_of_secret(text: str) -> list[str]:
    """What a text holds that is a secret by its form."""
    found = [kind for kind, form in _FORMS.items() if form.search(text)]
    if any(masked(run[0]) == CARD_REMOVED for run in _DIGITS.finditer(text)):
        found.append("a card number")
    return found


def in_text(name: str, text: str) -> Iterator[Finding]:
    """Secrets by their form in any line of a file, comments included."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield from (Finding(f"{name}:{number}", _CHECK, f"holds {kind}") for kind in kinds_of_secret(line))


def in_defaults(name: str, text: str) -> Iterator[Finding]:
    """Variables that are a secret by their name or their declaration, and have a default; raises `HclSyntaxError`."""
    for variable in read_variables(text).values():
        if (variable.sensitive or _NAMED.search(variable.name)) and _is_text(variable.default):
            yield Finding(f"{name}:{variable.line}", _CHECK, f'the secret variable "{variable.name}" has a default')


def in_assignments(name: str, text: str) -> Iterator[Finding]:
    """Values of a tfvars file that are a secret by their name; raises `HclSyntaxError`."""
    for variable, value in read_assignments(text).items():
        if _NAMED.search(variable) and _is_text(value):
            yield Finding(name, _CHECK, f'sets "{variable}", which belongs into Secrets Manager')


def in_document(name: str, text: str) -> Iterator[Finding]:
    """Secrets by their form in a state or a plan: JSON, each with the path that leads to it."""
    for path, value in _strings(json.loads(text), ()):
        yield from (Finding(name, _CHECK, f"{'.'.join(path)} holds {kind}") for kind in kinds_of_secret(value))


def _strings(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _strings(part, (*path, str(key)))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _strings(part, (*path, str(number)))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        # An AWS secret key is known by the name before it.
        yield path, f"{path[-1] if path else ''} {value}"


def _is_text(value: Value) -> bool:
    return isinstance(value, str) and value != ""
