"""The tables behind `paybot iam-policy`, and what is made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import typer

from paybot_ops.cli import app
from paybot_ops.core.aws_errors import explain_aws
from paybot_ops.core.backend import S3Place
from paybot_ops.core.iam_policy import (
    LONGEST_MANAGED_POLICY,
    build_policy,
    count_characters,
    select_commands,
)
from paybot_ops.core.iam_policy_actions import iam_action
from paybot_ops.core.iam_policy_commands import NOTHING, OWN, PROVIDER
from paybot_ops.core.iam_policy_life import Verb
from paybot_ops.core.iam_policy_resources import Resource, Scope
from paybot_ops.core.iam_policy_terraform import TYPES, terraform_grants
from paybot_ops.errors import AccessDeniedError, UsageError
from tests.conftest import ROOT

STATE = S3Place("states", "shop/dev/terraform.tfstate", "eu-west-1", use_lockfile=True, lock_table="locks")
SCOPE = Scope(
    account="123456789012",
    region="us-east-1",
    project="shop",
    environment="dev",
    model_id="us.amazon.nova-micro-v1:0",
    state=STATE,
)
EVERYTHING = select_commands([])


def statements(*commands: str, scope: Scope = SCOPE, provider: bool = True) -> dict[str, Any]:
    """The statements of a policy by their Sids."""
    document = build_policy(select_commands(commands), scope, provider=provider).document
    return {statement["Sid"]: statement for statement in document["Statement"]}


def commands_of_the_cli() -> Iterator[str]:
    root: Any = typer.main.get_command(app)
    context = root.make_context("paybot", [], resilient_parsing=True)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        yield from (f"{name} {inner}" for inner in command.commands) if hasattr(command, "commands") else (name,)


def test_every_command_has_an_entry_or_calls_nothing() -> None:
    assert sorted(commands_of_the_cli()) == sorted([*OWN, *NOTHING])
    assert not NOTHING & set(OWN)
    assert set(PROVIDER) <= set(OWN)


def test_every_type_of_resource_of_the_module_has_an_entry_and_no_other_has() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "terraform").glob("*.tf"))
    # `terraform_data` is Terraform's own, and the two data sources ask STS and nobody.
    assert set(re.findall(r'^resource "(aws_\w+)"', text, re.MULTILINE)) == set(TYPES)
    data = set(re.findall(r'^data "(\w+)"', text, re.MULTILINE))
    assert data == {"aws_caller_identity", "aws_partition"}


def test_every_action_has_its_form_and_every_kind_of_resource_its_use() -> None:
    grants = [*(grant for needed in OWN.values() for grant in needed), *terraform_grants(Verb.CHANGE)]
    actions = [action for grant in grants for action in grant.actions]
    assert [action for action in actions if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action)] == []
    assert {grant.resource for grant in grants} == set(Resource)
    through = [grant for grant in grants if grant.through]
    assert all(action.startswith("kms:") for grant in through for action in grant.actions)


def test_an_asterisk_alone_stands_only_where_the_documentation_says_why() -> None:
    page = (ROOT / "docs/iam.md").read_text()
    section = page.partition("### Where `*` stands")[2]
    table = "\n".join(line for line in section.splitlines() if line.startswith("|"))
    argued = set(re.findall(r"`([a-z0-9-]+:[A-Za-z]+)`", table))
    policies = [build_policy(EVERYTHING, SCOPE, provider=provider) for provider in (True, False)]
    open_to_all = {
        action
        for policy in policies
        for statement in policy.document["Statement"]
        if statement["Resource"] == "*"
        for action in statement["Action"]
    }
    assert open_to_all == argued


def test_words_mean_a_command_a_group_or_all() -> None:
    assert select_commands(["alarms", "status"]) == ("alarms status",)
    assert select_commands(["alarms status"]) == ("alarms status",)
    assert select_commands(["status", "alarms", "status"]) == ("alarms status", "status")
    assert select_commands(["metrics"]) == ("metrics tokens",)
    found = ("alarms history", "alarms set-threshold", "alarms status", "alarms test", "deploy")
    assert select_commands(["deploy", "alarms"]) == found
    assert set(EVERYTHING) == {*OWN, *NOTHING}


@pytest.mark.parametrize(
    ("word", "hint"), [("alarns", "alarms"), ("tokens", "metrics tokens"), ("deplou", "deploy"), ("xyzzy", "--help")]
)
def test_a_wrong_word_is_refused_with_what_may_be_meant(word: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        select_commands([word])
    assert hint in refused.value.hint


def test_statements_are_merged_by_resource_and_sorted() -> None:
    document = build_policy(EVERYTHING, SCOPE, provider=True).document
    found = [(json.dumps(item["Resource"]), json.dumps(item.get("Condition"))) for item in document["Statement"]]
    sids = [item["Sid"] for item in document["Statement"]]
    assert sids == sorted(set(sids))
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)
    for statement in document["Statement"]:
        for listed in (statement["Action"], statement["Resource"]):
            assert isinstance(listed, str) or (len(listed) > 1 and len(set(listed)) == len(listed))
        assert isinstance(statement["Action"], str) or statement["Action"] == sorted(statement["Action"])
    assert len(set(found)) == len(found)


def test_names_of_a_deployment_fill_the_resources() -> None:
    found = statements("state", "alarms", "status", "notifications")
    assert found["StateBucket"]["Resource"] == "arn:aws:s3:::states"
    assert found["LockTable"]["Resource"] == "arn:aws:dynamodb:eu-west-1:123456789012:table/locks"
    assert "arn:aws:s3:::states/env:/*/shop/dev/terraform.tfstate.tflock" in found["LockFiles"]["Resource"]
    assert found["Topics"]["Resource"] == "arn:aws:sns:us-east-1:123456789012:shop-*-dev"
    assert found["Key"]["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/shop-dev"}}
    china = statements("alarms", "test", scope=replace(SCOPE, region="cn-north-1"))
    assert china["Alarms"]["Resource"] == "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:shop-*-dev"


def test_what_a_deployment_does_not_have_is_not_in_it() -> None:
    assert build_policy(["state status"], replace(SCOPE, state=None), provider=True).is_empty
    file_only = statements("state", "unlock", scope=replace(SCOPE, state=replace(STATE, lock_table="")))
    assert "LockTable" not in file_only and "LockFiles" in file_only
    row_only = statements("state", "unlock", scope=replace(SCOPE, state=replace(STATE, use_lockfile=False)))
    assert "LockTable" in row_only and "LockFiles" not in row_only
    keyed = replace(STATE, kms_key_id="arn:aws:kms:eu-west-1:123456789012:key/1234")
    (key,) = (
        item for sid, item in statements("outputs", scope=replace(SCOPE, state=keyed)).items() if "StateKey" in sid
    )
    assert key["Resource"] == "arn:aws:kms:eu-west-1:123456789012:key/1234"
    services = ["dynamodb.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"]
    assert sorted(key["Condition"]["StringEquals"]["kms:ViaService"]) == services


def test_a_key_of_the_state_may_be_named_by_its_alias() -> None:
    keyed = replace(STATE, kms_key_id="alias/states")
    (key,) = [
        item for sid, item in statements("outputs", scope=replace(SCOPE, state=keyed)).items() if "StateKey" in sid
    ]
    assert key["Resource"] == "arn:aws:kms:eu-west-1:123456789012:key/*"
    assert key["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/states"}


def test_a_name_never_widens_a_policy() -> None:
    hostile = replace(SCOPE, project="*", environment="${aws:username}?")
    found = statements("alarms", "test", scope=hostile)["Alarms"]["Resource"]
    assert found == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:${*}-*-${$}{aws:username}${?}"


def test_reading_removing_and_changing_are_three_policies() -> None:
    actions = {verb: {action for grant in terraform_grants(verb) for action in grant.actions} for verb in Verb}
    assert actions[Verb.READ] < actions[Verb.REMOVE] < actions[Verb.CHANGE]
    verbs = ("Create", "Put", "Update", "Delete", "Tag", "Schedule", "Set", "Add", "Remove", "Publish")
    assert [name for name in actions[Verb.READ] if name.partition(":")[2].startswith(verbs)] == []
    assert "lambda:CreateFunction" not in actions[Verb.REMOVE]


def test_a_policy_that_is_too_long_is_cut_between_statements() -> None:
    report = build_policy(["deploy"], replace(SCOPE, project="payment-smart-bot"), provider=True)
    assert not report.fits and len(report.parts) > 1
    assert all(count_characters(part) <= LONGEST_MANAGED_POLICY for part in report.parts)
    assert [item for part in report.parts for item in part["Statement"]] == report.document["Statement"]
    assert build_policy(["alarms status"], SCOPE, provider=True).fits


def test_the_table_of_actions_serves_errors_too() -> None:
    assert iam_action("monitoring", "GetMetricData") == iam_action("cloudwatch", "GetMetricData")
    assert iam_action("apigateway", "CreateRestApi") == "apigateway:POST"
    assert iam_action("apigateway", "UntagResource") == "apigateway:DELETE"
    assert iam_action("bedrock-runtime", "Converse") == "bedrock:InvokeModel"
    denied = explain_aws("s3", "HeadBucket", "403", "Forbidden", "the bucket")
    assert isinstance(denied, AccessDeniedError)
    assert denied.action == "s3:ListBucket"
