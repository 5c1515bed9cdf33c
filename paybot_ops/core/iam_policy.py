"""The IAM policy that an operator needs for some of paybot's commands: chosen, merged, sorted, cut where too long."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from paybot_ops.core.iam_policy_commands import NOTHING, OWN, PROVIDER
from paybot_ops.core.iam_policy_life import Verb
from paybot_ops.core.iam_policy_resources import Grant, Resource, Scope, one_or_all, reach
from paybot_ops.core.iam_policy_terraform import terraform_grants
from paybot_ops.errors import UsageError

LONGEST_MANAGED_POLICY = 6_144
"""Characters, white space aside ("IAM and AWS STS quotas": managed policies)."""

_VERSION = "2012-10-17"
# With these the state's bucket and lock are made, so that where they are to be is known before they are there.
_HOMES = frozenset({"bootstrap-state", "migrate-state"})

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """The policy of some commands; `parts` are the same statements in documents that IAM takes as managed policies."""

    commands: tuple[str, ...]
    document: Document
    parts: tuple[Document, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether nothing needs to be allowed; IAM takes no policy without a statement."""
        return not self.parts

    @property
    def characters(self) -> int:
        """Its length as IAM counts it."""
        return count_characters(self.document)

    @property
    def fits(self) -> bool:
        """Whether one managed policy can hold it."""
        return self.characters <= LONGEST_MANAGED_POLICY


def select_commands(words: Sequence[str]) -> tuple[str, ...]:
    """The commands that the words of a command line mean: `alarms status`, `alarms` for all of its own, `deploy`.

    Without words every command, with its own calls only; see `build_policy`.

    Raises:
        UsageError: there is no such command.
    """
    known = sorted({*OWN, *NOTHING})
    waiting = [word for text in words for word in text.split()]
    chosen: set[str] = set() if words else set(known)
    while waiting:
        word = waiting.pop(0)
        pair = f"{word} {waiting[0]}" if waiting else ""
        if pair in known:
            waiting.pop(0)
            chosen.add(pair)
            continue
        found = [name for name in known if name == word or name.startswith(f"{word} ")]
        if not found:
            raise _unknown(word, known)
        chosen.update(found)
    return tuple(sorted(chosen))


def makes_home(commands: Iterable[str]) -> bool:
    """Whether one of these makes or fills the home of the state, wherever the state is now."""
    return not _HOMES.isdisjoint(commands)


def changes_resources(commands: Iterable[str]) -> bool:
    """Whether one of these lets Terraform make, change or remove resources."""
    return bool(_verbs(commands) - {Verb.READ})


def build_policy(commands: Iterable[str], scope: Scope, *, provider: bool) -> PolicyReport:
    """The policy for these commands; `provider` adds what Terraform's provider does in them."""
    names = tuple(commands)
    grants = [grant for name in names for grant in OWN.get(name, ())]
    if provider:
        grants += [grant for verb in _verbs(names) for grant in terraform_grants(verb)]
    statements = list(_statements(grants, scope))
    return PolicyReport(names, _document(statements), tuple(_parts(statements)))


def count_characters(document: Document) -> int:
    """The length of a policy as IAM counts it: without white space."""
    return len(json.dumps(document, separators=(",", ":")))


def _verbs(commands: Iterable[str]) -> set[Verb]:
    return {PROVIDER[name] for name in commands if name in PROVIDER}


def _statements(grants: Iterable[Grant], scope: Scope) -> Iterable[Document]:
    """One statement for each kind of resource and way to it, in the order of their Sids."""
    actions: dict[tuple[Resource, str], set[str]] = {}
    for grant in grants:
        for service in grant.through or ("",):
            actions.setdefault((grant.resource, service), set()).update(grant.actions)
    # Services that ask for the same share a statement; what one asks for oneself stands apart.
    merged: dict[tuple[Resource, tuple[str, ...], bool], list[str]] = {}
    for (resource, service), names in sorted(actions.items()):
        merged.setdefault((resource, tuple(sorted(names)), bool(service)), []).append(service)
    made = []
    for (resource, names_of_actions, on_behalf), services in merged.items():
        found = reach(resource, scope, tuple(services) if on_behalf else ())
        if names_of_actions and found.arns:
            sid = "".join((resource.value, *(f"For{service.capitalize()}" for service in services if service)))
            made.append(_statement(sid, names_of_actions, found.arns, found.condition))
    return sorted(made, key=lambda statement: str(statement["Sid"]))


def _statement(sid: str, actions: Sequence[str], arns: Sequence[str], condition: Mapping[str, Any]) -> Document:
    statement = {"Sid": sid, "Effect": "Allow", "Action": one_or_all(actions), "Resource": one_or_all(arns)}
    return {**statement, "Condition": dict(condition)} if condition else statement


def _document(statements: Sequence[Document]) -> Document:
    return {"Version": _VERSION, "Statement": list(statements)}


def _parts(statements: Sequence[Document]) -> Iterable[Document]:
    """The statements in as few documents as their order allows."""
    part: list[Document] = []
    for statement in statements:
        if part and count_characters(_document([*part, statement])) > LONGEST_MANAGED_POLICY:
            yield _document(part)
            part = []
        part.append(statement)
    if part:
        yield _document(part)


def _unknown(word: str, known: Sequence[str]) -> UsageError:
    groups = {name.partition(" ")[0] for name in known}
    whole = [name for name in known if name.endswith(f" {word}")]
    near = whole or get_close_matches(word, [*known, *groups], n=1)
    return UsageError(
        f"paybot has no command {word!r}",
        hint=f"is it {' or '.join(near)}?" if near else "paybot --help lists them",
    )
