"""Four views of one guardrail - wanted, deployed, live, used - and where they disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paybot_ops.core.guardrail_policies import PiiAction, Policies, Strength
from paybot_ops.core.live_function import open_outputs, parse_live

DRAFT = "DRAFT"
_DEPLOY = "paybot deploy"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the variables say; `policies` is None where the module has no variables for them."""

    enabled: bool
    origin: str
    policies: Policies | None


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the Terraform state records; "" for what it does not hold."""

    guardrail_id: str = ""
    guardrail_arn: str = ""
    version: str = ""
    function: str = ""
    alias: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a guardrail filters, as Bedrock gives it back."""

    pii: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    profanity: bool = False
    blocked_message: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """The pinned version as Bedrock has it; `edited` when the draft behind it says something else."""

    status: str
    version: str
    filters: Filters
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """What the function that customers talk to asks for, and what its role lets it do. `flaws` are the policy's."""

    function: str
    function_version: str
    guardrail_id: str
    guardrail_version: str
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """All four; None for what is not there."""

    wanted: Wanted
    deployed: Deployed
    live: Live | None
    used: Used | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two views that differ, and what to type next."""

    what: str
    cure: str


def disagreements(view: View) -> tuple[Disagreement, ...]:
    """Everything that is not as it is wanted, the graver first."""
    if not view.wanted.enabled:
        return tuple(_when_off(view))
    if not view.deployed.guardrail_id:
        return (Disagreement("wanted, and not deployed: nothing is filtered", _DEPLOY),)
    return (*_existence(view), *_use(view), *_content(view))


def policy_differences(policies: Policies, filters: Filters) -> tuple[str, ...]:
    """The policies that a guardrail has otherwise than they are wanted, by name."""
    variables = policies.variables()
    others = set(filters.topics) - set(policies.topics)
    own = all(filters.topics.get(name) == definition for name, definition in policies.topics.items())
    same = {
        "personal data": filters.pii == dict.fromkeys(policies.pii_entities, variables["guardrail_pii_action"]),
        "content": strength_of(filters) is policies.content,
        "topics": own and bool(others) == policies.keep_to_payments,
        "words": filters.words == frozenset(policies.words) and filters.profanity == policies.profanity,
        "message": not policies.blocked_message or filters.blocked_message == policies.blocked_message,
    }
    return tuple(name for name, agrees in same.items() if not agrees)


def strength_of(filters: Filters) -> Strength:
    """The strength of a guardrail's content filters, told by one that the module sets as a whole."""
    strength = filters.content.get("HATE", ("NONE", "NONE"))[0]
    return Strength.OFF if strength == "NONE" else Strength(strength.lower())


def live_policies(filters: Filters) -> Policies:
    """The policies that a live guardrail has, where nothing says what is wanted of it."""
    return Policies(
        pii=PiiAction.BLOCK if "BLOCK" in filters.pii.values() or not filters.pii else PiiAction.MASK,
        pii_entities=tuple(filters.pii),
        content=strength_of(filters),
        keep_to_payments=False,
        topics=filters.topics,
        words=tuple(sorted(filters.words)),
        profanity=filters.profanity,
        blocked_message=filters.blocked_message,
    )


def parse_filters(answer: Mapping[str, Any]) -> Filters:
    """The filters in an answer of GetGuardrail."""
    words = answer.get("wordPolicy", {})
    topics = answer.get("topicPolicy", {}).get("topics", ())
    return Filters(
        pii={
            item["type"]: item["action"] for item in answer.get("sensitiveInformationPolicy", {}).get("piiEntities", ())
        },
        content={
            item["type"]: (item["inputStrength"], item["outputStrength"])
            for item in answer.get("contentPolicy", {}).get("filters", ())
        },
        topics={item["name"]: item["definition"] for item in topics},
        words=frozenset(item["text"] for item in words.get("words", ())),
        profanity=any(item["type"] == "PROFANITY" for item in words.get("managedWordLists", ())),
        blocked_message=answer.get("blockedInputMessaging", ""),
    )


def parse_deployed(document: Mapping[str, Any] | None) -> Deployed:
    """What a state document records of the guardrail and of the function that uses it.

    Raises:
        PaybotError: it records several functions, and nothing says which one is the bot.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for resource in (document or {}).get("resources", ()):
        instances = resource.get("instances", ())
        if resource.get("mode") == "managed" and instances:
            # The last instance: of a version that is being replaced, the new one.
            found.setdefault(resource["type"], instances[-1].get("attributes") or {})
    guardrail, version = found.get("aws_bedrock_guardrail", {}), found.get("aws_bedrock_guardrail_version", {})
    live = parse_live(document, open_outputs(document))
    return Deployed(
        guardrail_id=str(guardrail.get("guardrail_id") or ""),
        guardrail_arn=str(guardrail.get("guardrail_arn") or ""),
        version=str(version.get("version") or ""),
        function=live.function if live else "",
        alias=live.alias if live else "",
        role=str(live.attributes.get("role") or "").rpartition("/")[2] if live else "",
    )


def policy_flaws(documents: Sequence[Mapping[str, Any]], arn: str) -> tuple[str, ...]:
    """What is wrong with the role's policies: they must allow this guardrail only, and deny the model without it."""
    if not documents:
        return ("the role has no policy for the guardrail",)
    statements = [statement for document in documents for statement in _listed(document.get("Statement"))]
    allowed = [
        resource
        for statement in statements
        if statement.get("Effect") == "Allow" and "bedrock:ApplyGuardrail" in _listed(statement.get("Action"))
        for resource in _listed(statement.get("Resource"))
    ]
    flaws = []
    if arn not in allowed and "*" not in allowed:
        flaws.append("the role may not apply this guardrail")
    if set(allowed) - {arn}:
        flaws.append("the role may apply other guardrails too")
    if not any(_denies_without(statement, arn) for statement in statements):
        flaws.append("the role may call the model without the guardrail")
    return tuple(flaws)


def _when_off(view: View) -> Iterator[Disagreement]:
    # Deleted by a Terraform that was killed, it stays in the state until something else is applied: nothing is amiss.
    if view.live is not None:
        yield Disagreement("not wanted, and still deployed", _DEPLOY)
    elif view.used is not None and view.used.guardrail_id:
        yield Disagreement("not wanted, and the function still asks for one", _DEPLOY)


def _existence(view: View) -> Iterator[Disagreement]:
    if view.live is None:
        version = view.deployed.version or DRAFT
        yield Disagreement(f"version {version} of {view.deployed.guardrail_id} is gone from Bedrock", _DEPLOY)
    elif view.live.status != "READY":
        yield Disagreement(
            f"Bedrock says {view.live.status} of the guardrail", "wait, and look again: paybot guardrails status"
        )
    elif view.live.edited:
        yield Disagreement("the draft was changed outside Terraform; the pinned version is what is used", _DEPLOY)


def _use(view: View) -> Iterator[Disagreement]:
    used, deployed = view.used, view.deployed
    if used is None:
        if deployed.function:
            yield Disagreement(f"the function {deployed.function} is gone", _DEPLOY)
        return
    if not used.guardrail_id:
        yield Disagreement("deployed, and the function does not ask for it", _DEPLOY)
    elif used.guardrail_id != deployed.guardrail_id:
        yield Disagreement("the function asks for another guardrail than the deployed one", _DEPLOY)
    elif used.guardrail_version == DRAFT:
        yield Disagreement("the function uses the draft, which changes under it", _DEPLOY)
    elif deployed.version and used.guardrail_version != deployed.version:
        yield Disagreement(
            f"version {used.function_version} of the function uses version {used.guardrail_version} of the guardrail, "
            f"and version {deployed.version} is deployed",
            f"{_DEPLOY}, once a rollback is over",
        )
    for flaw in used.flaws:
        yield Disagreement(flaw, _DEPLOY)


def _content(view: View) -> Iterator[Disagreement]:
    if view.live is not None and view.wanted.policies is not None:
        names = policy_differences(view.wanted.policies, view.live.filters)
        if names:
            yield Disagreement(f"wanted otherwise than it is live: {', '.join(names)}", _DEPLOY)


def _denies_without(statement: Mapping[str, Any], arn: str) -> bool:
    if statement.get("Effect") != "Deny" or "bedrock:InvokeModel" not in _listed(statement.get("Action")):
        return False
    if _listed(statement.get("Resource")) != ["*"]:
        return False
    tests = statement.get("Condition", {})
    named = [
        value
        for operator in ("StringNotLike", "StringNotEquals")
        for value in _listed(tests.get(operator, {}).get("bedrock:GuardrailIdentifier"))
    ]
    return bool(named) and all(value.startswith(arn) for value in named)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
