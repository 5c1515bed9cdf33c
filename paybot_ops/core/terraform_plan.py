"""Terraform's plan, from its JSON, as the changes that a person decides on (Terraform: JSON Output Format)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paybot_ops.plan import Action, Plan

# What holds data that no apply can bring back. Replacing one is destroying it.
DATA_TYPES = frozenset(
    {
        "aws_dynamodb_table",
        "aws_kms_key",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
    }
)
# Terraform's own bookkeeping: it exists in no account, so no one decides on it.
_BOOKKEEPING = frozenset({"terraform_data"})

_VERBS: Mapping[tuple[str, ...], str] = {
    ("create",): "add",
    ("update",): "change",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
}
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute, before and after, as shown; a sensitive value never gets here."""

    name: str
    before: str
    after: str
    forces_replacement: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange(Action):
    """One resource that the plan changes; `verb` is add, change, replace, destroy, import, move or forget."""

    type: str
    attributes: tuple[AttributeChange, ...] = ()

    @property
    def loses_data(self) -> bool:
        """True when a table, key, secret or bucket goes, whatever comes after it."""
        return self.verb in ("destroy", "replace") and self.type in DATA_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformPlan(Plan):
    """A plan of Terraform: the changes in address order, and the outputs that change."""

    actions: tuple[ResourceChange, ...] = ()
    outputs: tuple[str, ...] = ()
    changes_anything: bool = False
    turns_on_access_logs: bool = False
    reserves_more: int = 0
    """How many more concurrent runs functions reserve afterwards than before."""
    wanted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """What each resource that is to be created will be, by address; in memory only, it may hold secrets."""

    @property
    def is_empty(self) -> bool:
        """True when applying would do nothing at all, not even to outputs."""
        return not self.changes_anything

    @property
    def data_losses(self) -> tuple[ResourceChange, ...]:
        """The changes that destroy data."""
        return tuple(change for change in self.actions if change.loses_data)

    def count(self, verb: str) -> int:
        """How many resources change so."""
        return sum(change.verb == verb for change in self.actions)


def parse_plan(document: Mapping[str, Any]) -> TerraformPlan:
    """The plan in `terraform show -json PLAN`."""
    resources = [item for item in document.get("resource_changes", ()) if item.get("mode") != "data"]
    changes = [change for item in resources if (change := _change(item)) is not None]
    outputs = [
        name
        for name, change in document.get("output_changes", {}).items()
        if change.get("actions", ["no-op"]) != ["no-op"]
    ]
    moved = any(
        item.get("previous_address") or item.get("change", {}).get("actions") not in (["no-op"], ["read"])
        for item in resources
    )
    return TerraformPlan(
        actions=tuple(sorted(changes, key=lambda change: change.target)),
        outputs=tuple(sorted(outputs)),
        changes_anything=moved or bool(changes) or bool(outputs),
        reserves_more=max(0, sum(_reserves_more(item) for item in resources)),
        turns_on_access_logs=any(_turns_on_access_logs(item) for item in resources),
        wanted={item["address"]: item["change"].get("after") or {} for item in resources if _creates(item)},
    )


def _creates(item: Mapping[str, Any]) -> bool:
    return bool(item["change"]["actions"] == ["create"])


def _reserves_more(item: Mapping[str, Any]) -> int:
    change = item["change"]
    if item["type"] != "aws_lambda_function" or change["actions"] in (["no-op"], ["read"], ["forget"]):
        return 0
    before, after = ((change.get(side) or {}).get("reserved_concurrent_executions") for side in ("before", "after"))
    # -1 is Terraform's word for "none reserved".
    return max(0, int(after or 0)) - max(0, int(before or 0))


def _turns_on_access_logs(item: Mapping[str, Any]) -> bool:
    change = item["change"]
    if item["type"] != "aws_api_gateway_stage" or not {"create", "update"} & set(change["actions"]):
        return False
    before, after = change.get("before") or {}, change.get("after") or {}
    return bool(after.get("access_log_settings")) and not before.get("access_log_settings")


def _change(item: Mapping[str, Any]) -> ResourceChange | None:
    change = item["change"]
    verb = _VERBS.get(tuple(change["actions"]))
    if verb is None and change.get("importing"):
        verb = "import"
    if verb is None and item.get("previous_address"):
        verb = "move"
    if verb is None or item["type"] in _BOOKKEEPING:
        return None
    return ResourceChange(
        verb=verb,
        target=item["address"],
        type=item["type"],
        reason=f"from {item['previous_address']}" if verb == "move" else _reason(item.get("action_reason", "")),
        attributes=tuple(_attributes(change)) if verb in ("change", "replace") else (),
    )


def _reason(raw: str) -> str:
    return raw.replace("_", " ")


def _attributes(change: Mapping[str, Any]) -> Iterator[AttributeChange]:
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    forcing = {path[0] for path in change.get("replace_paths", ()) if path}
    for name in sorted({*before, *after, *unknown}):
        becomes_unknown = _any_true(unknown.get(name))
        if before.get(name) == after.get(name) and not becomes_unknown:
            continue
        if becomes_unknown and name not in forcing and before.get(name) in (None, "", [], {}):
            continue  # computed and still computed: nothing that a reader could decide on
        hidden = any(_masked(change.get(side), name) for side in ("before_sensitive", "after_sensitive"))
        yield AttributeChange(
            name=name,
            before="(sensitive)" if hidden else _shown(before.get(name)),
            after="(sensitive)" if hidden else "(known after apply)" if becomes_unknown else _shown(after.get(name)),
            forces_replacement=name in forcing,
        )


def _masked(mask: Any, name: str) -> bool:
    """Whether a mask covers an attribute; `true` in place of an object covers all of them."""
    return _any_true(mask.get(name)) if isinstance(mask, Mapping) else bool(mask)


def _any_true(mask: Any) -> bool:
    """Whether a mask of Terraform's (a bool, or nested in the value's own shape) marks anything."""
    if isinstance(mask, Mapping):
        return any(_any_true(item) for item in mask.values())
    if isinstance(mask, list):
        return any(_any_true(item) for item in mask)
    return bool(mask)


def _shown(value: Any) -> str:
    """A value short enough for a line; a document or a structure is named, not printed."""
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value[:1] in ("{", "["):
        return "(document)"
    if isinstance(value, Mapping | list):
        return f"({len(value)} entries)"
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
