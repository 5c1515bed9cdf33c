"""The edits of a file of values: only what differs, only those lines, and the same for Terraform's command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from paybot_ops.core.hcl.values import HclSyntaxError, Literal
from paybot_ops.core.value_edits import OVERRIDES_HEAD, check_declared, differing, plan_edits
from paybot_ops.errors import UsageError

FILE = Path("terraform.tfvars")
TEXT = '# mine\nstripe_key  = "canary"\nenable = false # off for now\n'


def test_only_what_differs_is_set_and_a_list_s_order_does_not() -> None:
    current: dict[str, Literal] = {"on": False, "words": ["a", "b"], "message": "x"}
    assert differing(current, {"on": True, "words": ["b", "a"], "message": "x"}) == {"on": True}


def test_every_other_character_stays_and_the_difference_shows_no_other_line() -> None:
    plan = plan_edits({"enable": True, "words": ["a"]}, {"enable": FILE, "words": FILE}, {FILE: TEXT})
    [file] = plan.files
    assert file.after == '# mine\nstripe_key  = "canary"\nenable = true # off for now\nwords = ["a"]\n'
    assert file.diff == ("-enable = false # off for now", "+enable = true # off for now", '+words = ["a"]')
    assert "canary" not in repr(plan)


def test_a_file_that_is_not_there_says_what_it_is_for() -> None:
    plan = plan_edits({"enable": True}, {"enable": FILE}, {FILE: None})
    assert plan.files[0].after == f"{OVERRIDES_HEAD}enable = true\n"


def test_the_values_as_terraform_s_command_line_takes_them() -> None:
    wanted: dict[str, Literal] = {"on": True, "message": 'say "no" ${x}', "words": ["a${b}"], "topics": {"A b": "c"}}
    plan = plan_edits(wanted, dict.fromkeys(wanted, FILE), {FILE: ""})
    assert plan.as_arguments() == {
        "on": "true",
        "message": 'say "no" ${x}',
        "words": '["a$${b}"]',
        "topics": '{ "A b" = "c" }',
    }


def test_a_file_that_terraform_refuses_is_not_edited() -> None:
    for text in ("enable = \n", "enable = true\nenable = false\n"):
        with pytest.raises(HclSyntaxError):
            plan_edits({"enable": True}, {"enable": FILE}, {FILE: text})


def test_nothing_is_set_that_the_module_does_not_know() -> None:
    check_declared(["a"], ["a", "b"])
    with pytest.raises(UsageError, match="declares no variable c"):
        check_declared(["a", "c"], ["a", "b"])
