"""A plan's JSON becomes what a person decides on."""

from __future__ import annotations

from typing import Any

from paybot_ops.core.terraform_plan import parse_plan

SECRET = "canary-7f3a"


def resource(address: str, actions: list[str], **change: Any) -> dict[str, Any]:
    moved = {"previous_address": change.pop("previous")} if "previous" in change else {}
    return {
        **moved,
        "address": address,
        "mode": change.pop("mode", "managed"),
        "type": address.split(".")[0],
        "action_reason": change.pop("action_reason", ""),
        "change": {"actions": actions, "before": {}, "after": {}, **change},
    }


def test_each_pair_of_actions_has_its_verb() -> None:
    plan = parse_plan(
        {
            "resource_changes": [
                resource("aws_a.add", ["create"]),
                resource("aws_a.change", ["update"]),
                resource("aws_a.gone", ["delete"]),
                resource("aws_a.new_first", ["create", "delete"]),
                resource("aws_a.old_first", ["delete", "create"]),
                resource("aws_a.same", ["no-op"]),
                resource("aws_a.taken", ["no-op"], importing={"id": "x"}),
            ]
        }
    )
    assert [(change.target, change.verb) for change in plan.actions] == [
        ("aws_a.add", "add"),
        ("aws_a.change", "change"),
        ("aws_a.gone", "destroy"),
        ("aws_a.new_first", "replace"),
        ("aws_a.old_first", "replace"),
        ("aws_a.taken", "import"),
    ]


def test_nothing_to_do_is_an_empty_plan() -> None:
    same = {"actions": ["no-op"]}
    plan = parse_plan({"resource_changes": [resource("aws_a.same", ["no-op"])], "output_changes": {"url": same}})
    assert plan.is_empty


def test_a_change_of_outputs_alone_is_not_empty() -> None:
    plan = parse_plan({"output_changes": {"url": {"actions": ["update"]}}})
    assert not plan.is_empty
    assert plan.outputs == ("url",)


def test_bookkeeping_of_terraform_is_applied_but_not_shown() -> None:
    plan = parse_plan({"resource_changes": [resource("terraform_data.deployment", ["create"])]})
    assert plan.actions == ()
    assert not plan.is_empty


def test_data_sources_are_no_change() -> None:
    assert parse_plan({"resource_changes": [resource("aws_region.here", ["read"], mode="data")]}).is_empty


def test_replacing_or_destroying_what_holds_data_is_data_loss() -> None:
    plan = parse_plan(
        {
            "resource_changes": [
                resource("aws_dynamodb_table.sessions", ["delete", "create"]),
                resource("aws_kms_key.main", ["delete"]),
                resource("aws_secretsmanager_secret.stripe", ["update"]),
                resource("aws_lambda_function.bot", ["delete"]),
            ]
        }
    )
    assert [change.target for change in plan.data_losses] == ["aws_dynamodb_table.sessions", "aws_kms_key.main"]


def attributes_of(**change: Any) -> dict[str, tuple[str, str]]:
    plan = parse_plan({"resource_changes": [resource("aws_a.b", ["update"], **change)]})
    return {item.name: (item.before, item.after) for item in plan.actions[0].attributes}


def test_only_the_attributes_that_change_are_named() -> None:
    found = attributes_of(before={"memory": 256, "name": "x"}, after={"memory": 512, "name": "x"})
    assert found == {"memory": ("256", "512")}


def test_a_sensitive_value_is_never_shown_wherever_it_is_marked() -> None:
    for masks in ({"after_sensitive": {"key": True}}, {"before_sensitive": {"key": [{"inner": True}]}}):
        found = attributes_of(before={"key": SECRET}, after={"key": SECRET + "2"}, **masks)
        assert found == {"key": ("(sensitive)", "(sensitive)")}


def test_what_is_not_known_yet_says_so_and_mere_computed_values_are_left_out() -> None:
    found = attributes_of(
        before={"version": "1", "fresh": None}, after={}, after_unknown={"version": True, "fresh": True}
    )
    assert found == {"version": ("1", "(known after apply)")}


def test_long_and_structured_values_are_named_not_printed() -> None:
    found = attributes_of(
        before={"text": "a" * 100, "policy": '{"a": 1}', "list": [1]},
        after={"text": "b", "policy": "{}", "list": [1, 2]},
    )
    assert found["policy"] == ("(document)", "(document)")
    assert found["list"] == ("(1 entries)", "(2 entries)")
    assert len(found["text"][0]) == 60


def test_what_forces_a_replacement_is_marked() -> None:
    plan = parse_plan(
        {
            "resource_changes": [
                resource(
                    "aws_a.b",
                    ["delete", "create"],
                    before={"name": "a"},
                    after={"name": "b"},
                    replace_paths=[["name"]],
                    action_reason="replace_because_cannot_update",
                )
            ]
        }
    )
    assert plan.actions[0].attributes[0].forces_replacement
    assert plan.actions[0].reason == "replace because cannot update"


def test_access_logs_that_are_turned_on_are_noticed_and_those_that_are_on_already_are_not() -> None:
    logs = {"access_log_settings": [{"format": "{}"}]}
    new = resource("aws_api_gateway_stage.live", ["create"], after=logs)
    kept = resource("aws_api_gateway_stage.live", ["update"], before=logs, after=logs)
    assert parse_plan({"resource_changes": [new]}).turns_on_access_logs
    assert not parse_plan({"resource_changes": [kept]}).turns_on_access_logs


def test_a_resource_that_only_moves_is_a_change_too() -> None:
    plan = parse_plan({"resource_changes": [resource("aws_a.new", ["no-op"], previous="aws_a.old")]})
    assert not plan.is_empty
    assert (plan.actions[0].verb, plan.actions[0].reason) == ("move", "from aws_a.old")


def test_a_mask_over_the_whole_object_hides_every_attribute() -> None:
    found = attributes_of(before={"key": SECRET}, after={"key": "x"}, before_sensitive=True, after_sensitive=False)
    assert found == {"key": ("(sensitive)", "(sensitive)")}


def reserving(actions: list[str], before: object, after: object) -> int:
    sides = {"before": {"reserved_concurrent_executions": before}, "after": {"reserved_concurrent_executions": after}}
    return parse_plan({"resource_changes": [resource("aws_lambda_function.bot", actions, **sides)]}).reserves_more


def test_what_a_plan_reserves_beyond_what_is_reserved_is_known() -> None:
    assert reserving(["create"], None, 20) == 20
    assert reserving(["update"], -1, 20) == 20
    assert reserving(["update"], 5, 20) == 15
    assert reserving(["update"], 20, 5) == 0
    assert reserving(["update"], 20, 20) == 0
    assert reserving(["create"], None, -1) == 0
    assert reserving(["create"], None, 0) == 0
    assert reserving(["no-op"], 20, 20) == 0
    assert reserving(["delete"], 20, None) == 0
    assert (
        parse_plan({"resource_changes": [resource("aws_lambda_function.bot", ["delete"], after=None)]}).is_empty
        is False
    )
