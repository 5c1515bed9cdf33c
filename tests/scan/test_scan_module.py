"""The gate on the module itself: what it accepts is argued and little; broken on purpose, it is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from paybot_ops.errors import ExitCode
from scan import __main__ as scan
from scan.finding import Finding
from scan.plans import as_shown
from scan.references import configuration_of
from scan.relaxations import RELAXED
from scan.skips import MOST, Skip, find_skips, judge_skips

SENTENCE = "A sentence that says why this is so."


def changed(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} no longer holds {old}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(scan.MODULE, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform*")))


def test_few_findings_are_accepted_and_each_is_argued() -> None:
    accepted = [skip for path in scan.MODULE.glob("*.tf") for skip in find_skips(path.name, path.read_text("utf-8"))]
    assert 0 < len(accepted) <= MOST
    assert list(judge_skips(accepted, {skip.check for skip in accepted})) == []


def test_the_module_holds_no_secret_and_no_bare_wildcard() -> None:
    assert list(scan.own_findings(scan.MODULE, {})) == []


def test_a_bare_wildcard_and_secrets_are_found_in_the_module(copy: Path) -> None:
    (copy / "backdoor.tf").write_text('locals {\n  statement = {\n    Resource = "*"\n  }\n}\n')
    (copy / "variables_stripe.tf").write_text('variable "stripe_key" {\n  default = "hunter2"\n}\n')
    (copy / "prod.tfvars").write_text('environment = "prod"\nstripe_secret = "hunter2"\n')
    (copy / "terraform.tfstate").write_text('{"outputs": {"card": {"value": "4242424242424242"}}}')
    assert {finding.place for finding in scan.own_findings(copy, {})} == {
        "backdoor.tf:3",
        "variables_stripe.tf:1",
        "prod.tfvars",
        "terraform.tfstate",
    }


@pytest.mark.parametrize(
    ("reason", "needed", "words"),
    [
        ("", {"CKV_AWS_1"}, "without a sentence"),
        ("not needed", {"CKV_AWS_1"}, "without a sentence"),
        ("A long line of words that is never brought to an end", {"CKV_AWS_1"}, "without a sentence"),
        (SENTENCE, set(), "would pass"),
    ],
)
def test_a_skip_without_a_reason_or_without_a_finding_is_refused(reason: str, needed: set[str], words: str) -> None:
    (skip,) = find_skips("api.tf", f"  # checkov:skip=CKV_AWS_1: {reason}\n")
    (finding,) = judge_skips([skip], needed)
    assert finding.place == "api.tf:1"
    assert words in finding.what


def test_one_too_many_is_refused() -> None:
    skips = [Skip(f"api.tf:{number}", "CKV_AWS_1", SENTENCE) for number in range(MOST + 1)]
    (finding,) = judge_skips(skips, {"CKV_AWS_1"})
    assert finding == Finding("api.tf:8", "skip", "9 findings are accepted, and 8 is the most")


def test_what_was_not_judged_or_is_relaxed_for_nothing_is_a_finding() -> None:
    nothing = {"passed": 0, "failed": [], "skipped": [], "unread": ["api.tf"]}
    found = [str(one) for one in scan.checkov_findings({"runs": {"development": nothing}})]
    assert "development: api.tf: checkov: could not be read" in found
    assert "development: checkov: nothing passed: it was not judged at all" in found
    assert sum("relax it no longer" in one for one in found) == len(RELAXED)


def test_a_relaxation_holds_in_development_alone() -> None:
    failed = {"id": "CKV_AWS_76", "name": "n", "resource": "r", "file": "f", "line": 1, "details": []}
    run = {"passed": 1, "failed": [failed], "skipped": [], "unread": []}
    found = scan.checkov_findings({"runs": {"development": run, "production": run}})
    assert [one.place for one in found if one.check == "CKV_AWS_76" and one.what.startswith("r:")] == ["production"]


def test_a_logged_plan_becomes_what_checkov_reads() -> None:
    text = 'resource "aws_a" "b" {\n  count = 1\n  deep {\n    arn = aws_c.d[0].arn\n    x = local.aws_e\n  }\n}\n'
    configuration = list(configuration_of(text))
    assert configuration[0]["expressions"] == {"arn": {"references": ["aws_c.d"]}}
    kept = {"address": "aws_a.b", "type": "aws_a", "name": "b", "mode": "managed", "change": {"after": {"x": 1}}}
    gone = {"address": "aws_a.c", "type": "aws_a", "name": "c", "mode": "managed", "change": {"after": None}}
    plan = as_shown({"plan_format_version": "1.2", "resource_changes": [kept, gone]}, configuration)
    (resource,) = plan["planned_values"]["root_module"]["resources"]
    assert resource == {"address": "aws_a.b", "type": "aws_a", "name": "b", "mode": "managed", "values": {"x": 1}}


@pytest.mark.terraform
@pytest.mark.faults
def test_the_whole_scan_refuses_a_module_that_was_broken(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Four ways at once: terraform plans it, checkov and the rest judge it."""
    changed(copy, "alarms_service.tf", "  alarm_actions       = local.alarm_topics\n", "")
    changed(copy, "iam.tf", '"dynamodb:GetItem"', '"iam:Fooo"')
    changed(copy, "iam.tf", "[aws_dynamodb_table.sessions.arn]", '["*"]')
    changed(
        copy, "variables.tf", 'variable "tags"', 'variable "stripe_key" {\n  default = "hunter2"\n}\n\nvariable "tags"'
    )
    assert scan.main(copy) == ExitCode.FINDING
    out = capsys.readouterr().out
    assert "CKV_PAYBOT_1: aws_cloudwatch_metric_alarm." in out
    assert "CKV_PAYBOT_2: aws_iam_role_policy.lambda" in out
    assert "(iam:Fooo)" in out
    assert "wildcard: no comment says what the * in Resource stands for" in out
    assert 'the secret variable "stripe_key" has a default' in out
    assert "hunter2" not in out
