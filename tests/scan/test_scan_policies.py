"""Policies are found wherever they stand, and an action that AWS does not know is named."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pytest

from scan.policies import policies_in, unknown_actions

KNOWN = {"kms": {"encrypt", "decrypt"}, "sns": {"publish"}}


def catalogue(service: str) -> Collection[str] | None:
    return KNOWN.get(service)


def policy(*actions: Any, key: str = "Action") -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", key: list(actions), "Resource": "arn:aws:sns:::topic"}]}


@pytest.mark.parametrize("action", ["kms:Encrypt", "KMS:encrypt", "kms:*", "kms:En*", "*", "sns:Publish"])
def test_an_action_that_exists_passes(action: str) -> None:
    assert unknown_actions(policy(action), catalogue) == []


@pytest.mark.parametrize("action", ["kms:Encript", "kms:X*", "nosuch:Thing", "Encrypt", "", "iam:Fooo"])
def test_an_action_that_does_not_exist_is_named(action: str) -> None:
    assert unknown_actions(policy("sns:Publish", action), catalogue) == [action]
    assert unknown_actions(policy(action, key="NotAction"), catalogue) == [action]


@pytest.mark.parametrize("action", ["${var.service}:Get", "local.actions", "concat(local.some,local.more)"])
def test_an_action_that_is_still_an_expression_is_left_out(action: str) -> None:
    assert unknown_actions(policy(action), catalogue) == []


def test_one_action_and_one_statement_need_no_list() -> None:
    assert unknown_actions({"Statement": {"Action": "kms:Nothing"}}, catalogue) == ["kms:Nothing"]


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"policy": [[one]], "name": "a"}])
def test_a_policy_is_found_at_any_depth(wrap: Any) -> None:
    assert list(policies_in(wrap(policy("kms:Encrypt")))) == [policy("kms:Encrypt")]
    assert list(policies_in(wrap(json.dumps(policy("kms:Encrypt"))))) == [policy("kms:Encrypt")]


def test_other_texts_are_no_policies() -> None:
    assert list(policies_in(["{", '{"Statement', '{"openapi": "3.0.1"}', None, 3])) == []
