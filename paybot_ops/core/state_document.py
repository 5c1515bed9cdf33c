"""A whole Terraform state: what it says of itself, and in what it differs from another one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paybot_ops.core.state import StateSummary, parse_document, summarize

# In Terraform's own layout the two stand within the first lines, whatever the size of the state.
_HEAD_FIELD = re.compile(rb'"(serial|lineage)"\s*:\s*(?:"([^"]*)"|(\d+))')
_SERIAL = re.compile(rb'("serial"\s*:\s*)\d+')
HEAD_BYTES = 512


@dataclass(frozen=True, slots=True)
class StateDocument:
    """A state with its exact bytes. These hold secrets: neither they nor the parsed document are ever shown."""

    content: bytes = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)
    summary: StateSummary

    @property
    def sha256(self) -> str:
        """The digest of the exact bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def md5(self) -> str:
        """The digest that Terraform keeps in its DynamoDB table."""
        return md5_of(self.content)

    @property
    def is_empty(self) -> bool:
        """True when there is nothing in it that could be lost: no resource, no output."""
        return not self.document.get("resources") and not self.document.get("outputs")


@dataclass(frozen=True, slots=True)
class ResourceDifference:
    """One resource in which two states differ: `verb` is add, change or remove."""

    verb: str
    address: str


def parse_state_document(content: bytes) -> StateDocument | None:
    """The state in these bytes; None for an empty file. Raises as `parse_document` does."""
    document = parse_document(content)
    return None if document is None else StateDocument(content, document, summarize(document))


def md5_of(content: bytes) -> str:
    """The digest of a state's bytes as Terraform's S3 backend keeps it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def parse_head(head: bytes) -> tuple[int | None, str | None]:
    """Serial and lineage from the first bytes of a state; None for what does not stand there."""
    found = {match[1]: match[2] if match[2] is not None else match[3] for match in _HEAD_FIELD.finditer(head)}
    serial, lineage = found.get(b"serial"), found.get(b"lineage")
    return (int(serial) if serial else None), (lineage.decode("utf-8", "replace") if lineage is not None else None)


def with_serial(state: StateDocument, serial: int) -> bytes:
    """The bytes of a state with another serial, and nothing else of it changed."""
    wanted = {**state.document, "serial": serial}
    changed = _SERIAL.sub(rb"\g<1>%d" % serial, state.content, count=1)
    if json.loads(changed) == wanted:
        return changed
    return json.dumps(wanted, indent=2, ensure_ascii=False).encode() + b"\n"


def compare_states(before: StateDocument, after: StateDocument, *, serial: bool = True) -> tuple[str, ...]:
    """In what a state differs from what it was, in words that hold no value; empty when it is the same."""
    return tuple(_differences(before, after, serial))


def resource_differences(now: StateDocument | None, wanted: StateDocument) -> tuple[ResourceDifference, ...]:
    """What would differ if `wanted` took the place of `now`, resource by resource."""
    old = _resources(now.document) if now else {}
    new = _resources(wanted.document)
    verbs = {
        address: "add" if address not in old else "remove" if address not in new else "change"
        for address in sorted(old.keys() | new.keys())
        if _significant(old.get(address)) != _significant(new.get(address))
    }
    return tuple(ResourceDifference(verb, address) for address, verb in verbs.items())


def _differences(before: StateDocument, after: StateDocument, serial: bool) -> Iterator[str]:
    old, new = before.summary, after.summary
    if old.lineage != new.lineage:
        yield f"the lineage was {old.lineage} and is {new.lineage}"
    if serial and old.serial != new.serial:
        yield f"the serial was {old.serial} and is {new.serial}"
    outputs, now = before.document.get("outputs") or {}, after.document.get("outputs") or {}
    for name in sorted(outputs.keys() | now.keys()):
        if outputs.get(name) != now.get(name):
            yield f"output {name} differs"
    for difference in resource_differences(before, after):
        yield f"{difference.address}: {_PAST[difference.verb]}"


_PAST = {"add": "was not there before", "remove": "is missing", "change": "differs"}


def _resources(document: Mapping[str, Any]) -> dict[str, Any]:
    """Each instance by its address; a deposed object is an instance of its own."""
    found = {}
    for item in document.get("resources") or ():
        data = "data." if item.get("mode") == "data" else ""
        base = ".".join(
            part for part in (item.get("module", ""), f"{data}{item.get('type')}", item.get("name")) if part
        )
        about = {name: value for name, value in item.items() if name != "instances"}
        for instance in item.get("instances") or ():
            key = instance.get("index_key")
            address = base if key is None else f"{base}[{json.dumps(key)}]"
            if deposed := instance.get("deposed"):
                address += f" (deposed {deposed})"
            found[address] = {**about, "instance": instance}
    return found


def _significant(resource: Any) -> Any:
    """Without what Terraform leaves out or writes as empty, depending on its version; attributes count exactly."""
    if resource is None:
        return None
    instance = {name: value for name, value in resource["instance"].items() if value not in (None, [], {}, 0)}
    return {**resource, "instance": instance}
