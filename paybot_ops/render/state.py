"""What the `state` commands answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.state_lock import HeldLock, holder_text
from paybot_ops.core.state_reports import (
    RestorePlan,
    RestoreReport,
    StateStatus,
    StateVersion,
    UnlockReport,
    VerifyReport,
)
from paybot_ops.plan import Outcome

_MARKS = {"add": "+", "change": "~", "remove": "-"}


def status_table(found: tuple[StateStatus, ...]) -> RenderableType:
    """Each state as a block of name and value."""
    return Group(*(_status_block(status) for status in found))


def status_rows(found: tuple[StateStatus, ...]) -> tuple[dict[str, Any], ...]:
    """Each state for machines, one a row."""
    return tuple(
        {
            "workspace": status.workspace,
            "where": status.where,
            "serial": status.serial,
            "lineage": status.lineage,
            "resources": status.resources,
            "size": status.size,
            "terraform_version": status.terraform_version,
            "modified": status.modified,
            "version_id": status.version_id,
            "digest_ok": status.digest_ok,
            "problem": status.problem,
            "locks": [lock_data(lock) for lock in status.locks],
        }
        for status in found
    )


def lock_data(lock: HeldLock) -> dict[str, Any]:
    """A lock and its holder for machines."""
    info = lock.info
    return {"kind": lock.kind, "id": info.id, "who": info.who, "operation": info.operation, "since": info.created}


def versions_table(found: tuple[StateVersion, ...]) -> RenderableType:
    """The history, newest first; an ID never wraps, so that it can be copied."""
    if not found:
        return "no versions: there is no state yet"
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("version", no_wrap=True)
    for column, justify in (("serial", "right"), ("modified", "left"), ("size", "right"), ("", "left")):
        table.add_column(column, justify="right" if justify == "right" else "left", no_wrap=True)
    for version in found:
        note = "deleted" if version.is_deletion else "current" if version.is_latest else ""
        serial = "–" if version.serial is None else str(version.serial)
        table.add_row(version.version_id, serial, _time(version.modified), _size(version.size), note)
    return table


def version_rows(found: tuple[StateVersion, ...]) -> tuple[dict[str, Any], ...]:
    """The history for machines."""
    return tuple(
        {
            "version_id": version.version_id,
            "serial": version.serial,
            "lineage": version.lineage,
            "modified": version.modified,
            "size": version.size,
            "current": version.is_latest,
            "deleted": version.is_deletion,
        }
        for version in found
    )


def restore_table(plan: RestorePlan) -> RenderableType:
    """What a restore does to each resource of the state; nothing of it happens in the account."""
    lines = [Text(f"  {_MARKS[item.verb]} {item.verb:<7} {item.address}") for item in plan.differences]
    now = "no readable state" if plan.serial_now is None else f"serial {plan.serial_now}"
    count = len(plan.differences)
    summary = f"{now} → serial {plan.serial_then}; {count} resource{'' if count == 1 else 's'} of the state differ"
    return Group(*lines, Text(summary, style="bold"))


def restore_data(report: RestoreReport) -> dict[str, Any]:
    """A restore for machines."""
    plan = report.plan
    return {
        "where": report.where,
        "version_id": plan.version_id,
        "serial_now": plan.serial_now,
        "serial_then": plan.serial_then,
        "differences": [{"verb": item.verb, "address": item.address} for item in plan.differences],
        "changes": len(plan.actions),
        "applied": report.applied,
        "result": [
            {"target": step.action.target, "outcome": step.outcome, "why": step.why} for step in report.result.steps
        ],
    }


def restore_text(report: RestoreReport) -> str:
    """What a restore came to."""
    if report.plan.is_empty:
        return f"nothing to do: {report.where} is as in that version"
    if report.applied:
        return (
            f"restored {report.where}: serial {report.plan.serial_then}; the one before stays as a version\n"
            "next: paybot deploy --check shows in what the account differs from it"
        )
    failed = report.result.count(Outcome.FAILED)
    return "not restored" if failed else f"not restored: {len(report.plan.differences)} resources would differ"


def unlock_data(report: UnlockReport) -> dict[str, Any]:
    """An unlock for machines."""
    return {"where": report.where, "locks": [lock_data(lock) for lock in report.locks], "applied": report.applied}


def unlock_text(report: UnlockReport) -> str:
    """What an unlock came to."""
    if not report.locks:
        return f"{report.where} is not locked"
    return f"unlocked {report.where}" if report.applied else f"{report.where} stays locked"


def verify_table(report: VerifyReport) -> RenderableType:
    """Each lock with its verdict."""
    if not report.proofs:
        return f"FAIL  no lock guards {report.where}: the backend sets neither use_lockfile nor dynamodb_table"
    table = Table(box=None, pad_edge=False, show_header=False)
    for proof in report.proofs:
        verdict = "a second plan was refused" if proof.refused else "a second plan was NOT refused"
        table.add_row("ok" if proof.refused else "FAIL", proof.lock, verdict, f"{proof.seconds:.1f} s")
    return table


def verify_rows(report: VerifyReport) -> tuple[dict[str, Any], ...]:
    """Each lock for machines."""
    return tuple(
        {"lock": proof.lock, "refused": proof.refused, "seconds": round(proof.seconds, 3)} for proof in report.proofs
    )


def _status_block(status: StateStatus) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    table.add_row("state", status.where)
    table.add_row("workspace", status.workspace)
    if status.serial is not None:
        table.add_row("serial", str(status.serial))
        table.add_row("lineage", status.lineage)
        table.add_row("resources", str(status.resources))
        table.add_row("terraform", status.terraform_version)
    else:
        table.add_row("serial", f"cannot be read: {status.problem}" if status.problem else "no state yet")
    table.add_row("size", _size(status.size))
    table.add_row("last change", _time(status.modified))
    if status.version_id:
        table.add_row("version", status.version_id)
    if status.digest_ok is not None:
        table.add_row(
            "digest", "matches" if status.digest_ok else "DIFFERS from the state: paybot state restore mends it"
        )
    now = datetime.now(UTC)
    table.add_row("lock", "\n".join(holder_text(lock, now) for lock in status.locks) or "free")
    return table


def _time(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.1f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"
