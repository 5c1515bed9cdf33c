"""`paybot state restore`: bring an earlier version back, on top of the current one, under the state's own locks."""

from __future__ import annotations

from paybot_ops.apply.state import apply_state_change
from paybot_ops.apply.steps import run_steps
from paybot_ops.core.state_changes import PlaceState
from paybot_ops.core.state_document import StateDocument, parse_state_document, resource_differences
from paybot_ops.core.state_reports import RestorePlan, RestoreReport, choose_version, content_to_restore
from paybot_ops.errors import PaybotError, UsageError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.preflight import check_state_owner
from paybot_ops.operations.state import read_versions, remote_only
from paybot_ops.operations.state_locks import check_free, exclusive, held, release_left_behind
from paybot_ops.operations.state_place import Remote
from paybot_ops.operations.target import Target
from paybot_ops.render import state as text


def restore(target: Target, gate: Gate, workspace: str, version: str) -> RestoreReport:
    """Make an earlier version the state again; the current one stays as a version.

    Raises:
        PaybotError: there is no such version, it is of another lineage, the state is locked, or it was not confirmed.
    """
    remote = remote_only(target)
    if gate.dry_run:
        return _restore(target, gate, remote, workspace, version)
    with exclusive(target):
        release_left_behind(target, remote, workspace)
        return _restore(target, gate, remote, workspace, version)


def _restore(target: Target, gate: Gate, remote: Remote, workspace: str, version: str) -> RestoreReport:
    check_free(remote, workspace)
    report = RestoreReport(remote.place.shown(workspace), _plan(target, remote, workspace, version))
    if report.plan.is_empty:
        return report
    screen = target.screen
    screen.note(target.header(), style="bold")
    screen.draw_aside(text.restore_table(report.plan))
    if gate.dry_run:
        return report
    screen.confirm(f"make this the state of {report.where}?", yes=gate.yes)
    with held(target, remote, workspace, "paybot state restore"):
        report.result, report.error = run_steps(
            report.plan.actions, lambda change: apply_state_change(change, remote.store), lambda _step: None
        )
    report.applied = report.error is None
    report.code = report.error.code if report.error else report.code
    return report


def _plan(target: Target, remote: Remote, workspace: str, asked: str) -> RestorePlan:
    place, objects = remote.place, remote.store.objects
    key, where = place.key_of(workspace), place.shown(workspace)
    chosen = choose_version(asked, read_versions(remote, workspace))
    found = objects.find(key, chosen.version_id)
    wanted = parse_state_document(found.content) if found is not None else None
    if wanted is None:
        raise UsageError(f"the version {asked} is empty", hint="see them: paybot state versions")
    check_state_owner(wanted.summary, target.identity.account)
    current = objects.find(key)
    now = _readable(target, current.content if current is not None else b"", where)
    content = content_to_restore(now, wanted, where)
    result = parse_state_document(content)
    assert result is not None
    rows = remote.store.rows
    mended = rows is None or rows.find_digest(place.digest_id_of(workspace)) == result.md5
    change = PlaceState(
        verb="restore",
        target=where,
        reason=f"version {chosen.version_id} of {chosen.modified:%Y-%m-%d %H:%M} UTC",
        place=place,
        workspace=workspace,
        content=content,
        replaces=current.etag if current is not None else "",
    )
    there = current is not None and current.content == content
    return RestorePlan(
        actions=() if there and mended else (change,),
        version_id=chosen.version_id,
        serial_now=now.summary.serial if now is not None else None,
        serial_then=result.summary.serial,
        differences=resource_differences(now, result),
    )


def _readable(target: Target, content: bytes, where: str) -> StateDocument | None:
    """The current state; one that cannot be read is what a restore is for."""
    try:
        return parse_state_document(content)
    except PaybotError as error:
        target.screen.warn(f"{where} cannot be read as it is ({error.why}): its lineage is not known")
        return None
