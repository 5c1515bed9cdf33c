"""`paybot guardrails status`: the four views of the guardrail, looked at together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from paybot_ops.adapters import guardrails as adapter
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


def look(target: Target) -> View:
    """The four views. Raises as `status` does."""
    wish = read_wish(target)
    deployed = find_deployed(target)
    with ThreadPoolExecutor(max_workers=2) as pool:
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
    answer = adapter.find_guardrail(target.session, deployed.guardrail_id, pinned)
    if answer is None:
        return None
    filters = parse_filters(answer)
    draft = None if pinned == DRAFT else adapter.find_guardrail(target.session, deployed.guardrail_id, DRAFT)
    edited = draft is not None and parse_filters(draft) != filters
    return Live(answer["status"], pinned, filters, edited)


def _used(target: Target, deployed: Deployed) -> Used | None:
    if not deployed.function:
        return None
    found = adapter.find_use(target.session, deployed.function, deployed.alias or "$LATEST")
    if found is None:
        return None
    flaws: tuple[str, ...] = ()
    if deployed.guardrail_arn:
        settings = target.settings
        name = f"{settings.project_name}-lambda-guardrails-{settings.environment}"
        document = adapter.find_role_policy(target.session, found.role, name)
        flaws = policy_flaws(document, deployed.guardrail_arn)
    return Used(deployed.function, found.function_version, found.guardrail_id, found.guardrail_version, flaws)
