"""What a Terraform state file says of itself: whose account, which environment, how many resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paybot_ops.errors import PaybotError

# The account of an ARN; empty for services without one, `aws` for AWS's own policies.
_ARN_ACCOUNT = re.compile(r"^arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}):")
# Attributes that name the resource itself. Others may point into somebody else's account, rightly.
_OWN_ARNS = ("arn", "execution_arn")
_SUPPORTED_VERSION = 4


@dataclass(frozen=True, slots=True)
class StateSummary:
    """A state file: its lineage and serial, its resources, and the accounts that those belong to.

    A sensitive output is None here: its value stays in the file.
    """

    lineage: str
    serial: int
    terraform_version: str
    addresses: tuple[str, ...]
    accounts: frozenset[str]
    environment: str | None
    outputs: Mapping[str, Any]


def parse_state(text: str | bytes) -> StateSummary | None:
    """The summary of a state document; None for an empty file, which Terraform takes for no state.

    Raises:
        PaybotError: the text is no state document, or of a format that this version does not know.
    """
    document = parse_document(text)
    return None if document is None else summarize(document)


def parse_document(text: str | bytes) -> Mapping[str, Any] | None:
    """A state document as it is; None for an empty file. Raises as `parse_state` does."""
    if not text.strip():
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable("it is not JSON; it may have been cut short") from error
    if not isinstance(document, dict) or "version" not in document:
        raise _unreadable("it has no format version")
    if document["version"] != _SUPPORTED_VERSION:
        raise _other_format(document["version"])
    return document


def summarize(document: Mapping[str, Any]) -> StateSummary:
    """What a state document says of itself."""
    resources = [item for item in document.get("resources", ()) if item.get("mode") == "managed"]
    outputs = {
        name: None if item.get("sensitive") else item.get("value")
        for name, item in (document.get("outputs") or {}).items()
    }
    environment = outputs.get("environment")
    return StateSummary(
        lineage=str(document.get("lineage", "")),
        serial=int(document.get("serial", 0)),
        terraform_version=str(document.get("terraform_version", "")),
        addresses=tuple(_addresses(resources)),
        accounts=frozenset(_accounts(resources)),
        environment=environment if isinstance(environment, str) else _tagged_environment(resources),
        outputs=outputs,
    )


def foreign_account(state: StateSummary | None, account: str) -> str | None:
    """The account that the state's resources belong to, when it is not the caller's."""
    if state is None or not state.accounts or account in state.accounts:
        return None
    return min(state.accounts)


def _addresses(resources: list[Mapping[str, Any]]) -> Iterator[str]:
    for item in resources:
        base = ".".join(part for part in (item.get("module", ""), item["type"], item["name"]) if part)
        for instance in item.get("instances", ()):
            key = instance.get("index_key")
            yield base if key is None else f"{base}[{json.dumps(key)}]"


def _accounts(resources: list[Mapping[str, Any]]) -> Iterator[str]:
    for item in resources:
        for instance in item.get("instances", ()):
            attributes = instance.get("attributes") or {}
            for name in _OWN_ARNS:
                match = _ARN_ACCOUNT.match(str(attributes.get(name, "")))
                if match:
                    yield match[1]


def _tagged_environment(resources: list[Mapping[str, Any]]) -> str | None:
    """The one `Environment` tag that a hand-built deployment's resources carry; None when they carry several."""
    found = {
        str(tags["Environment"])
        for item in resources
        for instance in item.get("instances", ())
        if "Environment" in (tags := (instance.get("attributes") or {}).get("tags_all") or {})
    }
    return found.pop() if len(found) == 1 else None


def _other_format(version: Any) -> PaybotError:
    older = isinstance(version, int) and version < _SUPPORTED_VERSION
    hint = "let your Terraform rewrite it: terraform apply -refresh-only" if older else "update paybot and Terraform"
    why = f"its format is version {version}, and paybot reads version {_SUPPORTED_VERSION}"
    return _unreadable(why, hint)


def _unreadable(why: str, hint: str = "restore it from its backup (terraform.tfstate.backup)") -> PaybotError:
    return PaybotError("the Terraform state cannot be read", why=why, hint=hint)
