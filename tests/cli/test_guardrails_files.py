"""`guardrails enable` and the files of values: which one is edited, how, and when nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.paybot_world import Paybot
from tests.conftest import ROOT

CANARY = "canary-7f3a"
TFVARS = f'# mine\r\nproject_name = "tiny"\r\nstripe_key   = "{CANARY}" # secret\r\n'
SWITCH = 'variable "enable_bedrock_guardrails" {\n  type    = bool\n  default = false\n}\n'


@pytest.fixture
def workspace(paybot: Paybot) -> Paybot:
    """A module with the variables of a guardrail, and a tfvars file in a style of its own."""
    folder = paybot.folder / "terraform"
    folder.mkdir()
    (folder / "variables_guardrail.tf").write_bytes((ROOT / "terraform/variables_guardrail.tf").read_bytes())
    names = ("project_name", "stripe_key")
    declared = "".join(f'variable "{name}" {{\n  type    = string\n  default = "x"\n}}\n' for name in names)
    declared += 'variable "aws_region" {\n  type    = string\n  default = "us-east-1"\n}\n'
    (folder / "main.tf").write_text(declared + SWITCH + 'resource "aws_bedrock_guardrail" "x" {}\n')
    tfvars(paybot).write_bytes(TFVARS.encode())
    return paybot


def tfvars(paybot: Paybot, name: str = "terraform.tfvars") -> Path:
    return paybot.folder / "terraform" / name


def text(path: Path) -> str:
    return path.read_bytes().decode()


def everything(paybot: Paybot) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(paybot.folder.rglob("*")) if path.is_file()}


SET = ("guardrails", "enable", "--no-deploy", "--yes")


def test_one_line_is_added_and_not_one_character_else(workspace: Paybot) -> None:
    ran = workspace(*SET)
    assert ran.code == 0, ran.err
    assert text(tfvars(workspace)) == TFVARS + "enable_bedrock_guardrails = true\r\n"
    assert "+enable_bedrock_guardrails = true" in ran.err
    assert CANARY not in ran.out + ran.err
    assert "cost $0.80" in ran.err
    again = workspace(*SET, "-o", "json")
    assert (again.code, again.document["data"]["written"], again.document["data"]["changes"]) == (0, False, [])


def test_off_and_on_again_keeps_the_policies(workspace: Paybot) -> None:
    assert workspace(*SET, "--preset", "pii-only", "--word", "a b").code == 0
    on = text(tfvars(workspace))
    assert 'guardrail_content_strength = "NONE"' in on
    assert workspace("guardrails", "disable", "--no-deploy", "--yes").code == 0
    assert text(tfvars(workspace)) == on.replace("guardrails = true", "guardrails = false")
    assert workspace(*SET).code == 0
    assert text(tfvars(workspace)) == on


def test_the_cost_is_that_of_the_chosen_policies(workspace: Paybot) -> None:
    data = workspace(*SET, "--dry-run", "--preset", "pii-only", "-o", "json").document["data"]
    cost = data["cost_per_thousand_messages"]
    assert [(item["policy"], item["dollars"]) for item in cost["policies"]] == [("pii", "0.2")]
    assert [item["variable"] for item in data["changes"]] == [
        "enable_bedrock_guardrails",
        "guardrail_content_strength",
        "guardrail_keep_to_payments",
        "guardrail_profanity",
    ]
    elsewhere = workspace(*SET, "--dry-run", "--region", "ap-south-2", "-o", "json").document["data"]
    assert elsewhere["cost_per_thousand_messages"]["dollars"] is None


def test_a_dry_run_and_an_unanswered_question_write_nothing(workspace: Paybot) -> None:
    before = everything(workspace)
    assert workspace(*SET, "--dry-run").code == 0
    ran = workspace("guardrails", "enable", "--no-deploy", timeout=60)
    assert ran.code == 4
    assert "--yes" in ran.err
    assert everything(workspace) == before


def test_words_from_a_file_and_topics(workspace: Paybot) -> None:
    (workspace.folder / "words.txt").write_text("# house rules\nfoo\n\nfoo bar\n")
    ran = workspace(*SET, "--word-file", "words.txt", "--topic", "Gift cards=Buying gift cards.", "--pii", "mask")
    assert ran.code == 0, ran.err
    after = text(tfvars(workspace))
    assert 'guardrail_words = ["foo", "foo bar"]' in after
    assert '{ "Gift cards" = "Buying gift cards." }' in after
    assert '"ANONYMIZE"' in after


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--pii-entity", "E_MAIL"), "is it EMAIL?"),
        (("--topic", "no definition"), "NAME=DEFINITION"),
        (("--word", "w" * 101), "100 characters"),
        (("--word-file", "absent.txt"), "absent.txt does not exist"),
        (("--blocked-message", "m" * 501), "500 characters"),
        (("--content", "severe"), "severe"),
        (("--preset", "lax"), "lax"),
    ],
)
def test_a_choice_that_bedrock_would_refuse(workspace: Paybot, arguments: tuple[str, ...], words: str) -> None:
    before = everything(workspace)
    ran = workspace(*SET, *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert everything(workspace) == before


def break_it(path: Path) -> None:
    path.write_bytes(TFVARS.encode() + b"project = \n")


def set_twice(path: Path) -> None:
    path.write_bytes(TFVARS.encode() + b"enable_bedrock_guardrails = true\nenable_bedrock_guardrails = false\n")


def remove(path: Path) -> None:
    path.unlink()


def protect(path: Path) -> None:
    path.chmod(0o444)


def make_binary(path: Path) -> None:
    path.write_bytes(TFVARS.encode() + b'x = "\xff"\n')


@pytest.mark.parametrize("more", [("--no-deploy",), ()], ids=["only-the-file", "with-the-deploy"])
@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (break_it, 2, "terraform.tfvars:4:"),
        (set_twice, 2, "terraform.tfvars:5:"),
        (remove, 2, "there is no terraform.tfvars"),
        (protect, 1, "it is read-only"),
        (make_binary, 2, "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_edited(
    workspace: Paybot, damage: object, code: int, words: str, more: tuple[str, ...]
) -> None:
    damage(tfvars(workspace))  # type: ignore[operator]
    before = everything(workspace)
    for verb in ("enable", "disable") if damage is not remove and damage is not protect else ("enable",):
        ran = workspace("guardrails", verb, "--yes", *more)
        assert ran.code == code, ran.err
        assert words in ran.err
        assert CANARY not in ran.out + ran.err
    assert everything(workspace) == before


def test_the_hint_for_a_missing_file_is_the_example(workspace: Paybot) -> None:
    tfvars(workspace).rename(tfvars(workspace, "terraform.tfvars.example"))
    ran = workspace(*SET)
    assert ran.code == 2
    assert "cp " in ran.err
    assert "terraform.tfvars.example" in ran.err


def test_the_last_file_that_sets_it_is_the_one_that_counts(workspace: Paybot) -> None:
    tfvars(workspace, "z.auto.tfvars").write_text("enable_bedrock_guardrails = false\n")
    assert workspace(*SET, "--word", "x").code == 0
    assert text(tfvars(workspace, "z.auto.tfvars")) == "enable_bedrock_guardrails = true\n"
    assert text(tfvars(workspace)) == TFVARS + 'guardrail_words = ["x"]\r\n'


def test_a_value_in_json_is_left_to_its_owner(workspace: Paybot) -> None:
    tfvars(workspace, "z.auto.tfvars.json").write_text('{"enable_bedrock_guardrails": false}')
    before = everything(workspace)
    ran = workspace(*SET)
    assert ran.code == 2
    assert "z.auto.tfvars.json sets enable_bedrock_guardrails" in ran.err
    assert everything(workspace) == before


def test_the_environment_s_own_file(workspace: Paybot) -> None:
    with tfvars(workspace, "../terraform/main.tf").open("a") as module:
        module.write('variable "environment" {\n  type = string\n}\n')
    tfvars(workspace, "prod.tfvars").write_text('environment = "prod"\n')
    assert workspace(*SET, "--env", "prod").code == 0
    assert text(tfvars(workspace, "prod.tfvars")) == 'environment = "prod"\nenable_bedrock_guardrails = true\n'
    assert text(tfvars(workspace)) == TFVARS


def test_a_link_stays_one_and_permissions_stay(workspace: Paybot) -> None:
    shared = workspace.folder / "shared.tfvars"
    tfvars(workspace).rename(shared)
    shared.chmod(0o640)
    tfvars(workspace).symlink_to(shared)
    assert workspace(*SET).code == 0
    assert tfvars(workspace).is_symlink()
    assert shared.stat().st_mode & 0o777 == 0o640
    assert "enable_bedrock_guardrails = true" in text(shared)


def test_a_module_that_only_has_the_switch(workspace: Paybot) -> None:
    """The hand-built one: a permission that may be switched on, and no guardrail."""
    tfvars(workspace, "variables_guardrail.tf").unlink()
    main = tfvars(workspace, "main.tf")
    main.write_text(text(main).replace("aws_bedrock_guardrail", "aws_iam_role_policy"))
    ran = workspace(*SET)
    assert ran.code == 0, ran.err
    assert "filters nothing" in ran.err
    assert "enable_bedrock_guardrails = true" in text(tfvars(workspace))
    assert workspace(*SET, "--preset", "strict").code == 2
    main.write_text(text(main).replace("enable_bedrock_guardrails", "other"))
    none = workspace("guardrails", "status")
    assert none.code == 2
    assert "declares no variable enable_bedrock_guardrails" in none.err
