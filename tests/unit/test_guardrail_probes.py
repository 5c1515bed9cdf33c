"""The probes: what is expected of each, the user's own cases, and what an answer says."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from paybot_ops.core.guardrail_cost import added, cost_of, per_thousand_messages
from paybot_ops.core.guardrail_policies import PiiAction, Policies, Strength
from paybot_ops.core.guardrail_probes import (
    Act,
    Finding,
    Probe,
    Probed,
    Side,
    bot_suite,
    parse_cases,
    parse_finding,
    suite,
)
from paybot_ops.core.money import UNKNOWN
from paybot_ops.core.prices import PriceTable, known_prices
from paybot_ops.errors import UsageError


def expected(policies: Policies) -> dict[str, Act | None]:
    return {probe.name: probe.expect for probe in suite(policies)}


def test_a_balanced_guardrail_stops_everything_but_payment_talk() -> None:
    found = expected(Policies())
    harmless = {name for name in found if name.startswith("harmless")}
    assert len(harmless) >= 4
    assert {found[name] for name in harmless} == {Act.PASS}
    assert {act for name, act in found.items() if name not in harmless} == {Act.BLOCK}


def test_what_no_policy_looks_for_is_neither_right_nor_wrong() -> None:
    found = expected(Policies(pii_entities=("EMAIL",), content=Strength.OFF, keep_to_payments=False))
    assert {name for name, act in found.items() if act is Act.BLOCK} == {"e-mail address"}
    assert {found["insult"], found["off topic"], found["card number"]} == {None}
    assert Probed(Probe("x", "x", None), Finding(Act.PASS)).ok
    assert Probed(Probe("x", "x", None), Finding(Act.BLOCK)).ok


def test_masking_is_expected_where_it_is_wanted_and_a_word_of_one_s_own_is_tried() -> None:
    found = suite(replace(Policies(), pii=PiiAction.MASK, words=("banana",)))
    assert {probe.expect for probe in found if "number" in probe.name} == {Act.MASK}
    [own] = [probe for probe in found if "of yours" in probe.name]
    assert ("banana" in own.text, own.expect) == (True, Act.BLOCK)


def test_through_the_bot_a_card_number_must_not_be_found() -> None:
    found = {probe.name: probe.expect for probe in bot_suite(Policies())}
    assert found["social security number"] is Act.BLOCK
    assert found["card number: never reaches the model"] is Act.PASS
    masked = {probe.name: probe.expect for probe in bot_suite(replace(Policies(), pii=PiiAction.MASK))}
    assert masked["social security number"] is Act.PASS


@pytest.mark.parametrize(("act", "ok"), [(Act.BLOCK, True), (Act.MASK, False), (Act.PASS, False)])
def test_masked_is_not_blocked(act: Act, ok: bool) -> None:
    assert Probed(Probe("x", "x", Act.BLOCK), Finding(act)).ok is ok
    assert not Probed(Probe("x", "x", Act.BLOCK), None).ok


def test_the_user_s_own_cases() -> None:
    cases = [
        {"name": "a", "text": "t", "expect": "mask"},
        {"name": "b", "text": "u", "expect": "pass", "side": "output"},
    ]
    assert parse_cases(json.dumps(cases), origin="c.json") == (
        Probe("a", "t", Act.MASK),
        Probe("b", "u", Act.PASS, Side.OUTPUT),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"name": canary}]', "c.json:1:11 is no JSON"),
        ("{}", "no list of cases"),
        ("[]", "no list of cases"),
        ('["canary"]', "case 1: must be an object"),
        ('[{"name": "n", "text": "canary"}]', "case 1: needs expect"),
        ('[{"name": "n", "text": " ", "expect": "block"}]', "needs text"),
        ('[{"name": "n", "text": "canary", "expect": "stop"}]', "expect is block, mask or pass"),
        ('[{"name": "n", "text": "canary", "expect": "block", "side": "both"}]', "side is input or output"),
        ('[{"name": "n", "text": "t", "expect": "block", "expected": 1}]', "expected is no member"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_cases_that_are_none(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_cases(text, origin="c.json")
    assert words in caught.value.what
    assert "canary" not in caught.value.what
    assert "docs/guardrails.md" in caught.value.hint


def answer(action: str, **assessment: Any) -> dict[str, Any]:
    usage = {"contentPolicyUnits": 2, "topicPolicyUnits": 1, "sensitiveInformationPolicyUnits": 3, "wordPolicyUnits": 4}
    return {"action": action, "assessments": [assessment], "usage": usage}


def test_what_an_answer_says() -> None:
    masked = {"piiEntities": [{"type": "EMAIL", "match": "m", "action": "ANONYMIZED"}], "regexes": []}
    blocked = {"filters": [{"type": "INSULTS", "action": "BLOCKED"}]}
    seen = {"topics": [{"name": "T", "action": "NONE"}]}
    passes = parse_finding(answer("NONE", topicPolicy=seen))
    assert (passes.act, passes.by) == (Act.PASS, ())
    assert passes.units == {"content": 2, "topic": 1, "pii": 3, "word": 4}
    masks = parse_finding(answer("GUARDRAIL_INTERVENED", sensitiveInformationPolicy=masked, topicPolicy=seen))
    assert (masks.act, masks.by) == (Act.MASK, ("pii",))
    both = parse_finding(answer("GUARDRAIL_INTERVENED", sensitiveInformationPolicy=masked, contentPolicy=blocked))
    assert (both.act, both.by) == (Act.BLOCK, ("content", "pii"))
    assert parse_finding({"action": "GUARDRAIL_INTERVENED"}).act is Act.BLOCK


def test_a_thousand_messages_by_policy() -> None:
    cost = per_thousand_messages(Policies().charged, known_prices("us-east-1"))
    assert {item.policy: item.cost.dollars for item in cost.policies} == {
        "content": Decimal("0.30"),
        "topic": Decimal("0.30"),
        "pii": Decimal("0.20"),
        "word": Decimal(0),
    }
    assert cost.total.dollars == Decimal("0.80")
    only_pii = replace(Policies(), content=Strength.OFF, keep_to_payments=False, profanity=False)
    assert per_thousand_messages(only_pii.charged, known_prices("us-east-1")).total.dollars == Decimal("0.20")


def test_an_unknown_price_is_unknown_and_never_nothing() -> None:
    cost = cost_of({"content": 5, "pii": 0}, PriceTable("mars-1"))
    assert [(item.policy, item.price) for item in cost.policies] == [("content", None)]
    assert cost.total == UNKNOWN


def test_units_are_added_by_policy() -> None:
    assert added([{"content": 1, "pii": 2}, {"content": 3}]) == {"content": 4, "topic": 0, "pii": 2, "word": 0}
