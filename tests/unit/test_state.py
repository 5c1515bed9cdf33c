"""What a state file says of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from paybot_ops.core.state import foreign_account, parse_state
from paybot_ops.errors import PaybotError

OURS, THEIRS = "123456789012", "210987654321"


def document(*resources: dict[str, Any], **more: Any) -> str:
    return json.dumps(
        {"version": 4, "serial": 3, "lineage": "l", "terraform_version": "1.11.4", "resources": resources} | more
    )


def resource(account: str, **attributes: Any) -> dict[str, Any]:
    arn = f"arn:aws:dynamodb:us-east-1:{account}:table/x"
    return {
        "mode": "managed",
        "type": "aws_dynamodb_table",
        "name": "x",
        "instances": [{"attributes": {"arn": arn, **attributes}}],
    }


def test_its_resources_its_accounts_and_its_environment() -> None:
    text = document(resource(OURS), outputs={"environment": {"value": "dev"}, "key": {"value": "s", "sensitive": True}})
    state = parse_state(text)
    assert state is not None
    assert (state.serial, state.addresses, state.environment) == (3, ("aws_dynamodb_table.x",), "dev")
    assert state.accounts == {OURS}
    assert state.outputs["key"] is None


def test_a_hand_built_deployment_is_known_by_its_tags() -> None:
    state = parse_state(document(resource(OURS, tags_all={"Environment": "staging"})))
    assert state is not None
    assert state.environment == "staging"


def test_instances_have_their_keys() -> None:
    several = {
        "mode": "managed",
        "type": "a",
        "name": "b",
        "module": "module.m",
        "instances": [{"index_key": 0}, {"index_key": "k"}],
    }
    state = parse_state(document(several))
    assert state is not None
    assert state.addresses == ("module.m.a.b[0]", 'module.m.a.b["k"]')


def test_another_account_s_resources_are_foreign_and_a_policy_of_theirs_in_ours_is_not() -> None:
    assert foreign_account(parse_state(document(resource(THEIRS))), OURS) == THEIRS
    pointing = resource(OURS, kms_key_arn=f"arn:aws:kms:us-east-1:{THEIRS}:key/x")
    assert foreign_account(parse_state(document(pointing)), OURS) is None
    assert foreign_account(parse_state(document()), OURS) is None
    assert foreign_account(None, OURS) is None


def test_an_empty_file_is_no_state() -> None:
    assert parse_state("  \n") is None


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 3}', '{"version": 5}'])
def test_a_file_that_is_no_state_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(PaybotError) as raised:
        parse_state(text)
    assert text not in str(raised.value)
