"""`paybot guardrails status`: the four views of the guardrail, looked at together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from paybot_ops.adapters import guardrails as adapter
from paybot_ops.adapters.session import Session
from paybot_ops.core.guardrails import (
    DRAFT,
    Deployed,
    Disagreement,
    Live,
    Used,
    View,
    Wanted,
    disagreements,
    parse_deployed,
    parse_filters,
    policy_flaws,
)
from paybot_ops.core.state import parse_document
from paybot_ops.operations.daemon_pool import DaemonPool
from paybot_ops.operations.guardrail_wish import read_wish
from paybot_ops.operations.heading import heading
from paybot_ops.operations.initialize import ensure_initialized
from paybot_ops.operations.target import Target


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The views, and where they disagree."""

    view: View
    disagreements: tuple[Disagreement, ...]


def status(target: Target) -> StatusReport:
    """Look at the wish, the state, Bedrock, and the function with its role.

    Raises:
        PaybotError: a file cannot be read, or AWS does not answer.
    """
    with heading(target):
        view = look(target)
    return StatusReport(view, disagreements(view))


def look(target: Target, deployed: Deployed | None = None) -> View:
    """The four views; the state is read where it is not known already. Raises as `status` does."""
    wish = read_wish(target)
    deployed = deployed or find_deployed(target)
    with DaemonPool(max_workers=2) as pool:
        live = pool.submit(_live, target, deployed)
        used = pool.submit(_used, target, deployed)
        wanted = Wanted(wish.enabled, wish.origin, wish.policies)
        return View(wanted, deployed, live.result(), used.result())


def find_deployed(target: Target) -> Deployed:
    """What the state records, local or remote."""
    if not target.state_is_remote:
        path = target.workspace.local_state
        return parse_deployed(parse_document(path.read_bytes()) if path.is_file() else None)
    ensure_initialized(target)
    return parse_deployed(parse_document(target.terraform.state_pull()))


def _live(target: Target, deployed: Deployed) -> Live | None:
    if not deployed.guardrail_id:
        return None
    pinned = deployed.version or DRAFT
    asked = tuple(dict.fromkeys((pinned, DRAFT)))
    with DaemonPool(max_workers=2) as pool:
        session, identifier = target.session, deployed.guardrail_id
        found = {version: pool.submit(adapter.find_guardrail, session, identifier, version) for version in asked}
    answer, draft = found[pinned].result(), found[DRAFT].result()
    if answer is None:
        return None
    filters = parse_filters(answer)
    edited = draft is not None and parse_filters(draft) != filters
    return Live(answer["status"], pinned, filters, edited)


def _used(target: Target, deployed: Deployed) -> Used | None:
    if not deployed.function:
        return None
    settings, session = target.settings, target.session
    names = [
        f"{settings.project_name}-lambda-{purpose}-{settings.environment}"
        for purpose in ("guardrails", "guardrail-only")
    ]
    with DaemonPool(max_workers=len(names)) as pool:
        # Of the role that the state records; the function may have been given another one since.
        recorded = _policies(pool, session, deployed.role, names) if deployed.guardrail_arn and deployed.role else []
        found = adapter.find_use(session, deployed.function, deployed.alias or "$LATEST")
        if found is None:
            return None
        if deployed.guardrail_arn and found.role != deployed.role:
            recorded = _policies(pool, session, found.role, names)
        documents = [document for each in recorded if (document := each.result()) is not None]
    flaws = policy_flaws(documents, deployed.guardrail_arn) if deployed.guardrail_arn else ()
    return Used(deployed.function, found.function_version, found.guardrail_id, found.guardrail_version, flaws)


def _policies(
    pool: DaemonPool, session: Session, role: str, names: Iterable[str]
) -> list[Future[Mapping[str, Any] | None]]:
    """What the role may do with a guardrail: in one policy (a module that was made by hand), or in two."""
    return [pool.submit(adapter.find_role_policy, session, role, name) for name in names]
