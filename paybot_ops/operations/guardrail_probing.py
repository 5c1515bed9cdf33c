"""`paybot guardrails test`: every probe against the live guardrail, and some through the whole bot."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from paybot_ops.adapters.chat import send_message
from paybot_ops.adapters.files import read_text_file
from paybot_ops.adapters.guardrails import apply_guardrail
from paybot_ops.apply import apply_forget_session
from paybot_ops.core.chat import ChatReply
from paybot_ops.core.guardrail_cost import GuardrailCost, added, cost_of
from paybot_ops.core.guardrail_policies import Policies
from paybot_ops.core.guardrail_probes import Act, Finding, Probe, Probed, bot_suite, parse_cases, parse_finding, suite
from paybot_ops.core.guardrails import View, live_policies
from paybot_ops.errors import ExitCode, FindingError, PaybotError
from paybot_ops.operations.authorization import chat_authorization
from paybot_ops.operations.guardrail_status import look
from paybot_ops.operations.heading import heading
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.prices import deployment_prices
from paybot_ops.operations.target import Target

# Bedrock's default quota is 25 texts a second; a suite is done in two seconds all the same.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """Every probe with what became of it, and the text units that the guardrail took."""

    probed: tuple[Probed, ...]
    cost: GuardrailCost

    @property
    def failed(self) -> tuple[Probed, ...]:
        """Those that are not as expected."""
        return tuple(item for item in self.probed if not item.ok)

    @property
    def code(self) -> ExitCode:
        """3 when one failed."""
        return ExitCode.FINDING if self.failed else ExitCode.OK


def probe(target: Target, *, cases: Path | None = None, through_bot: bool = False) -> ProbeReport:
    """Send every probe and see what becomes of it. What is expected is what the variables want.

    Raises:
        FindingError: there is no guardrail to ask.
        PaybotError: the file of cases cannot be used, or AWS does not answer.
    """
    own = parse_cases(read_text_file(cases).text, origin=cases.name) if cases is not None else ()
    with heading(target):
        view = look(target)
        if view.live is None:
            raise _no_guardrail(view)
        policies = view.wanted.policies or live_policies(view.live.filters)
        done = list(_ask_all(target, view, (*suite(policies), *own)))
        if through_bot:
            done += _ask_bot(target, view, policies)
    units = added(item.finding.units for item in done if item.finding is not None)
    return ProbeReport(tuple(done), cost_of(units, deployment_prices(target)))


def _ask_all(target: Target, view: View, probes: Iterable[Probe]) -> Iterable[Probed]:
    live, identifier = view.live, view.deployed.guardrail_id
    assert live is not None

    def ask(item: Probe) -> Probed:
        answer = apply_guardrail(target.session, identifier, live.version, item.side.value.upper(), item.text)
        return Probed(item, parse_finding(answer))

    with target.screen.step("probes"), ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(ask, probes))


def _ask_bot(target: Target, view: View, policies: Policies) -> list[Probed]:
    """Each in a conversation of its own; stopped is what is answered with the guardrail's message."""
    assert view.live is not None
    outputs = read_outputs(target)
    url = str(outputs.get("chat_url") or "")
    if not url:
        raise PaybotError("the deployment has no chat_url", why="nothing can be sent through the bot")
    message = view.live.filters.blocked_message
    with target.screen.step("probes through the bot"):
        authorization = chat_authorization(target, outputs)
        table = str(outputs.get("session_table_name") or "")
        replies = []
        try:
            for item in bot_suite(policies):
                replies.append((item, send_message(url, item.text, authorization=authorization)))
        finally:
            for _item, reply in replies if table else ():
                apply_forget_session(target.session, table, reply.session_id)
    return [_through_bot(message, item, reply) for item, reply in replies]


def _through_bot(message: str, item: Probe, reply: ChatReply) -> Probed:
    act = Act.BLOCK if message and message in reply.response else Act.PASS
    return Probed(item, Finding(act), through_bot=True)


def _no_guardrail(view: View) -> FindingError:
    if view.deployed.guardrail_id:
        return FindingError(
            f"the guardrail {view.deployed.guardrail_id} is gone from Bedrock",
            why="the state records it, and Bedrock knows none of that id and version",
            hint="make it again: paybot deploy",
        )
    return FindingError(
        "no guardrail is deployed: every text passes",
        why="it is wanted, and not deployed" if view.wanted.enabled else "enable_bedrock_guardrails is false",
        hint="paybot deploy" if view.wanted.enabled else "paybot guardrails enable",
    )
