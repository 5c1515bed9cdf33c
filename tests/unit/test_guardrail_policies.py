"""What a guardrail is to filter: presets, choices, refusals, and that module and code mean the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from paybot_ops.core.guardrail_policies import (
    PII_ENTITIES,
    VARIABLES,
    Choices,
    PiiAction,
    Policies,
    Preset,
    Strength,
    chosen,
    parse_topic,
    parse_words,
)
from paybot_ops.core.guardrail_variables import parse_policies
from paybot_ops.core.hcl.reading import read_variables
from paybot_ops.core.hcl.values import NotLiteral
from paybot_ops.errors import UsageError
from tests.conftest import ROOT

MODULE = read_variables((ROOT / "terraform/variables_guardrail.tf").read_text())


def test_the_module_s_defaults_are_the_balanced_preset() -> None:
    policies = parse_policies({name: variable.default for name, variable in MODULE.items()})
    assert policies.blocked_message
    assert replace(policies, blocked_message="") == Policies()
    assert chosen(policies, Choices(preset=Preset.BALANCED)) == policies


def test_the_code_sets_the_variables_that_the_module_declares() -> None:
    assert set(replace(Policies(), blocked_message="x").variables()) == set(MODULE) == set(VARIABLES)


def test_the_kinds_of_personal_data_are_bedrock_s_own() -> None:
    model = ServiceModel(create_loader().load_service_model("bedrock", "service-2"), "bedrock")
    assert set(PII_ENTITIES) == set(model.shape_for("GuardrailPiiEntityType").metadata["enum"])
    text = (ROOT / "terraform/variables_guardrail.tf").read_text()
    assert all(f'"{kind}"' in text for kind in PII_ENTITIES)


def test_what_is_chosen_stays_and_a_preset_changes_only_what_it_names() -> None:
    mine = replace(Policies(), words=("a",), topics={"T": "d"}, blocked_message="No.", pii=PiiAction.MASK)
    strict = chosen(mine, Choices(preset=Preset.STRICT))
    assert (strict.words, strict.topics, strict.blocked_message) == (("a",), {"T": "d"}, "No.")
    assert (strict.pii, strict.content) == (PiiAction.BLOCK, Strength.HIGH)
    assert set(strict.pii_entities) > set(Policies().pii_entities)
    assert "NAME" not in strict.pii_entities
    only = chosen(mine, Choices(preset=Preset.PII_ONLY))
    assert only.charged == {
        "content": False,
        "topic": True,
        "pii": True,
        "word": True,
    }  # a topic and a word of one's own
    assert chosen(Policies(), Choices()) == Policies()


def test_single_choices_come_after_the_preset_and_words_and_topics_are_added() -> None:
    mine = replace(Policies(), words=("a",), topics={"T": "d"})
    choices = Choices(
        preset=Preset.STRICT,
        pii=PiiAction.MASK,
        pii_entities=("EMAIL", "EMAIL"),
        content=Strength.LOW,
        topics={"U": "e"},
        words=("b", "a"),
        blocked_message="No.",
    )
    assert chosen(mine, choices) == Policies(
        pii=PiiAction.MASK,
        pii_entities=("EMAIL",),
        content=Strength.LOW,
        topics={"T": "d", "U": "e"},
        words=("a", "b"),
        blocked_message="No.",
    )


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (Choices(pii_entities=("E-MAIL",)), "is it EMAIL?"),
        (Choices(pii_entities=("SHOE_SIZE_42",)), "it knows: ADDRESS"),
        (Choices(words=("w" * 101,)), "1 to 100 characters; one has 101"),
        (Choices(words=("  ",)), "1 to 100 characters"),
        (Choices(words=tuple(map(str, range(10_001)))), "10,000 words"),
        (Choices(topics={"Tax/Law": "d"}), "a topic's name"),
        (Choices(topics={"Tax": "d" * 201}), "Tax takes 1 to 200 characters; it has 201"),
        (Choices(topics={f"T{number}": "d" for number in range(26)}), "25 topics"),
        (Choices(blocked_message=""), "1 to 500"),
        (Choices(blocked_message="m" * 501), "it has 501"),
    ],
)
def test_what_bedrock_would_refuse_is_refused_before(choices: Choices, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(Policies(), choices)
    assert words in caught.value.what + caught.value.hint


def test_a_guardrail_that_filters_nothing_is_refused() -> None:
    nothing = Policies(pii_entities=(), keep_to_payments=False, profanity=False)
    with pytest.raises(UsageError, match="filter nothing"):
        chosen(nothing, Choices(content=Strength.OFF))


def test_a_topic_is_a_name_and_a_definition() -> None:
    assert parse_topic(" Gift cards = Buying = using them. ") == ("Gift cards", "Buying = using them.")
    for text in ("Gift cards", "=x", "x="):
        with pytest.raises(UsageError, match="NAME=DEFINITION"):
            parse_topic(text)


def test_a_file_of_words_may_hold_comments_blank_lines_and_windows_line_ends() -> None:
    assert parse_words("\ufeffone\r\n# two\r\n\r\n  three four  \none\n") == ("one", "three four")


def test_values_are_read_whatever_they_come_from() -> None:
    read = parse_policies(
        {
            "guardrail_pii_action": "ANONYMIZE",
            "guardrail_content_strength": "NONE",
            "guardrail_keep_to_payments": "false",
            "guardrail_words": json.dumps(["a", "b"]),  # from TF_VAR_, an expression
            "guardrail_topics": '{ T = "d" }',
        }
    )
    assert (read.pii, read.content, read.keep_to_payments) == (PiiAction.MASK, Strength.OFF, False)
    assert (read.words, read.topics) == (("a", "b"), {"T": "d"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("guardrail_words", "canary["),
        ("guardrail_words", [1, True]),
        ("guardrail_words", NotLiteral("a call", 1, 1)),
        ("guardrail_topics", ["canary"]),
        ("guardrail_profanity", "canary"),
        ("guardrail_pii_action", ["canary"]),
        ("guardrail_content_strength", "canary"),
    ],
)
def test_a_value_of_another_type_is_named_and_not_quoted(name: str, value: object) -> None:
    with pytest.raises(UsageError) as caught:
        parse_policies({name: value})  # type: ignore[dict-item]
    assert name in caught.value.what
    assert "canary" not in f"{caught.value.what}{caught.value.why}{caught.value.hint}"


def test_the_page_names_every_variable() -> None:
    page = Path(ROOT / "docs/guardrails.md").read_text()
    assert all(name in page for name in MODULE)
