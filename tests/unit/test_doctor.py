"""The verdicts of `paybot doctor` on the machine, the workspace and the model: what passes, what warns, what fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from paybot_ops.core.doctor import (
    Checked,
    Status,
    Verdict,
    choose,
    failed,
    passed,
    skipped,
    verdict_of,
    warned,
    with_notes,
    worst,
)
from paybot_ops.core.doctor_machine import (
    Caller,
    Program,
    judge_caller,
    judge_clock,
    judge_region,
    judge_terraform,
    parse_version,
)
from paybot_ops.core.doctor_model import (
    judge_access,
    judge_life,
    judge_logging,
    judge_model_quotas,
    judge_profile,
    successors,
)
from paybot_ops.core.doctor_report import CloseFile, DoctorReport, InitTerraform, plan_fixes
from paybot_ops.core.doctor_secrets import Leak
from paybot_ops.core.doctor_workspace import (
    FileMode,
    judge_file_leaks,
    judge_initialized,
    judge_modes,
    judge_state_leaks,
    judge_variables,
)
from paybot_ops.core.model_access import InvocationLogging, ModelAccess, Profile
from paybot_ops.core.model_quotas import Quota, model_quotas
from paybot_ops.core.models import ModelLifecycle
from paybot_ops.core.prices import ModelPrice, PriceTable
from paybot_ops.errors import AccessDeniedError, AwsError, CredentialsError, ExitCode, UsageError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOVA = "us.amazon.nova-micro-v1:0"
ME = "arn:aws:sts::123456789012:assumed-role/Admin/me"
NEW, OLD = Program("Terraform", (1, 11, 4)), Program("Terraform", (1, 9, 8))
TOFU = Program("OpenTofu", (1, 11, 1))


def mends(verdict: Verdict) -> bool:
    """Whether a verdict that is not good says what to type."""
    return bool(verdict.cure) or verdict.status in (Status.PASS, Status.SKIPPED)


# -- what every check has in common ------------------------------------------------------------------------------------


def test_what_could_not_be_looked_at_is_a_warning_that_names_the_iam_action() -> None:
    verdict = verdict_of(AccessDeniedError("access to the topic is denied", action="sns:ListTopics"))
    assert (verdict.status, verdict.action) == (Status.WARN, "sns:ListTopics")
    assert "sns:ListTopics" in verdict.cure


def test_an_answer_that_did_not_come_is_a_warning_and_a_fault_is_a_failure() -> None:
    assert verdict_of(AwsError("AWS is throttling", hint="run the same again later")).status is Status.WARN
    assert mends(verdict_of(AwsError("no answer")))
    for error in (CredentialsError("none", hint="sign in"), UsageError("bad")):
        verdict = verdict_of(error)
        assert verdict.status is Status.FAIL
        assert mends(verdict)


def test_a_note_on_the_way_takes_a_clean_pass_away_and_worsens_nothing_else() -> None:
    assert with_notes(passed("fine"), []) == passed("fine")
    noted = with_notes(passed("fine"), ["not seen", "not seen"])
    assert (noted.status, noted.details) == (Status.WARN, ("not seen",))
    assert mends(noted)
    assert with_notes(failed("broken", "mend it"), ["not seen"]).status is Status.FAIL
    assert with_notes(failed("broken", "mend it"), ["not seen"]).cure == "mend it"


def test_the_gravest_of_several_leads() -> None:
    verdict = worst([warned("small", "a"), failed("grave", "b")], lambda: passed("fine"))
    assert (verdict.status, verdict.what, verdict.cure) == (Status.FAIL, "grave", "b")
    assert verdict.details == ("small (a)",)
    assert worst([], lambda: passed("fine")).status is Status.PASS


def test_checks_are_chosen_in_the_tables_order_and_a_mistyped_one_is_told() -> None:
    assert choose(("a", "b", "c"), ()) == ("a", "b", "c")
    assert choose(("a", "b", "c"), ("c", "a", "c")) == ("a", "c")
    with pytest.raises(UsageError) as caught:
        choose(("model", "alarms"), ("modle",))
    assert "did you mean model?" in caught.value.hint


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([passed("a"), warned("b", "c"), skipped("d")], ExitCode.OK),
        ([passed("a"), failed("b", "c")], ExitCode.FINDING),
    ],
)
def test_only_a_failure_has_an_exit_code(verdicts: list[Verdict], code: ExitCode) -> None:
    assert DoctorReport(tuple(Checked(str(n), item) for n, item in enumerate(verdicts))).code is code


def test_fixes_are_planned_once_and_in_order() -> None:
    init = InitTerraform(verb="run", target="terraform init")
    close = CloseFile(verb="chmod", target="x", path="x", mask=0o077)
    one = Verdict(Status.WARN, "a", fixes=(close, init))
    two = Verdict(Status.WARN, "b", fixes=(init,))
    assert plan_fixes([Checked("one", one), Checked("two", two)]).actions == (close, init)


# -- the machine -------------------------------------------------------------------------------------------------------


def test_a_program_says_what_it_is() -> None:
    assert parse_version("Terraform v1.11.4\non linux_amd64\n") == NEW
    assert parse_version("OpenTofu v1.11.1\non linux_amd64\n") == TOFU
    assert parse_version("Terraform v1.12.0-beta1\n") == Program("Terraform", (1, 12, 0))
    assert parse_version("command not found") is None


@pytest.mark.parametrize(
    ("terraform", "tofu", "status", "word"),
    [
        (NEW, None, Status.PASS, "1.11.4"),
        (NEW, TOFU, Status.PASS, "suits the module"),
        (OLD, None, Status.FAIL, "1.11 or newer"),
        (None, None, Status.FAIL, "not on PATH"),
        (None, TOFU, Status.FAIL, "OpenTofu 1.11.1 is here too"),
        (None, Program("OpenTofu", (1, 8, 0)), Status.FAIL, "too old for the module"),
        (TOFU, None, Status.WARN, "OpenTofu 1.11.1"),
    ],
)
def test_terraform(terraform: Program | None, tofu: Program | None, status: Status, word: str) -> None:
    verdict = judge_terraform(terraform, tofu)
    assert verdict.status is status
    assert word in " ".join((verdict.what, *verdict.details))
    assert mends(verdict)


def test_what_calls_itself_terraform_and_is_not() -> None:
    assert "does not say" in judge_terraform(None, None, odd=True).what


@pytest.mark.parametrize(
    ("caller", "status", "word"),
    [
        (Caller("1", ME, "sso", True, NOW + timedelta(minutes=5)), Status.PASS, "renewed by itself"),
        (Caller("1", ME, "env", True, NOW + timedelta(days=1, hours=3)), Status.PASS, "good for 1 day 3 h"),
        (Caller("1", ME, "env", True, NOW + timedelta(hours=2, minutes=5)), Status.PASS, "good for 2 h 05 min"),
        (Caller("1", ME, "env", True), Status.PASS, "until when is not said"),
        (Caller("1", ME, "shared-credentials-file", False), Status.PASS, "long-lived key"),
        (Caller("1", ME, "env", True, NOW + timedelta(minutes=40)), Status.WARN, "good for 40 min only"),
        (Caller("1", ME, "env", True, NOW - timedelta(minutes=1)), Status.FAIL, "have expired"),
        (Caller("1", "arn:aws:iam::1:root", "env", False), Status.WARN, "root user"),
    ],
)
def test_credentials(caller: Caller, status: Status, word: str) -> None:
    verdict = judge_caller(caller, (), NOW)
    assert verdict.status is status
    assert word in verdict.what
    assert mends(verdict)


def test_credentials_of_an_account_that_is_not_meant() -> None:
    verdict = judge_caller(Caller("1", ME, "sso", True), ("2",), NOW)
    assert verdict.status is Status.FAIL
    assert verdict.details == ("allowed_account_ids allows 2",)
    assert judge_caller(Caller("1", ME, "sso", True), ("1",), NOW).status is Status.PASS


@pytest.mark.parametrize(
    ("region", "status"),
    [("eu-west-1", Status.PASS), ("af-south-1", Status.WARN), ("eu-west-11", Status.FAIL), (None, Status.FAIL)],
)
def test_region(region: str | None, status: Status) -> None:
    known = frozenset({"eu-west-1", "af-south-1"})
    verdict = judge_region(region, known, frozenset({"eu-west-1"}), "--region")
    assert verdict.status is status
    assert mends(verdict)
    if region == "eu-west-11":
        assert verdict.cure == "--region eu-west-1"


@pytest.mark.parametrize(
    ("seconds", "status", "word"),
    [
        (0.4, Status.PASS, "within 1 s"),
        (-59, Status.PASS, "within 59 s"),
        (90, Status.WARN, "90 s fast"),
        (-300, Status.WARN, "5 min slow"),
        (301, Status.FAIL, "5 min fast"),
        (-90000, Status.FAIL, "1 day 1 h slow"),
    ],
)
def test_clock(seconds: float, status: Status, word: str) -> None:
    verdict = judge_clock(timedelta(seconds=seconds))
    assert verdict.status is status
    assert word in verdict.what
    assert mends(verdict)


# -- the workspace -----------------------------------------------------------------------------------------------------


def test_variables() -> None:
    assert judge_variables(["terraform.tfvars"], (), ()).status is Status.PASS
    assert judge_variables([], (), ()).what == "no tfvars file: the module's defaults"
    warning = judge_variables(["prod.tfvars"], (), ("prod.tfvars sets projekt, which no variable declares",))
    assert warning.status is Status.WARN
    missing = judge_variables(["prod.tfvars"], ("project_name",), ())
    assert (missing.status, missing.cure) == (Status.FAIL, "set them in prod.tfvars")
    assert all(map(mends, (warning, missing)))


def test_files_that_others_can_read_or_change() -> None:
    plain, state = FileMode("a.tfvars", 0o644, private=False), FileMode("terraform.tfstate", 0o600, private=True)
    assert judge_modes([]).status is Status.SKIPPED
    assert judge_modes([plain, state]).status is Status.PASS
    written, read = FileMode("a b.tfvars", 0o664, private=False), FileMode("c.tfvars", 0o640, private=True)
    for file, chmod, mask in ((written, "chmod go-w", 0o022), (read, "chmod go-rwx", 0o077)):
        verdict = judge_modes([plain, file])
        assert verdict.status is Status.WARN
        (fix,) = verdict.fixes
        assert isinstance(fix, CloseFile)
        assert (fix.verb, fix.target, fix.mask) == (chmod, file.path, mask)
    assert judge_modes([plain, written, read]).cure == "chmod go-w 'a b.tfvars' && chmod go-rwx c.tfvars"


def test_initialized() -> None:
    assert judge_initialized("d", initialized=True, changed=False).status is Status.PASS
    for changed, word in ((True, "has changed"), (False, "not run here")):
        verdict = judge_initialized("d", initialized=False, changed=changed)
        assert verdict.status is Status.WARN
        assert word in verdict.what
        assert verdict.fixes


def test_secrets_in_files_and_state() -> None:
    grave, light = Leak("a.tfvars:3", "a key", grave=True), Leak("a.tfvars:4", "a test key", grave=False)
    assert judge_file_leaks([], 3).status is Status.PASS
    assert judge_file_leaks([light], 3).status is Status.WARN
    both = judge_file_leaks([light, grave], 3)
    assert (both.status, both.details[1]) == (Status.FAIL, "a.tfvars:3 holds a key")
    assert judge_state_leaks(None).status is Status.SKIPPED
    assert judge_state_leaks([]).status is Status.PASS
    assert judge_state_leaks([light]).status is Status.WARN
    assert judge_state_leaks([grave]).status is Status.FAIL
    assert mends(both)


# -- the model ---------------------------------------------------------------------------------------------------------


def price(model_id: str, into: str, out: str) -> ModelPrice:
    return ModelPrice(model_id, Decimal(into), Decimal(out), "a test", "2026-11")


PRICES = PriceTable(
    "us-east-1",
    {
        item.model_id: item
        for item in (
            price(NOVA, "0.035", "0.14"),
            price("amazon.nova-micro-v1:0", "0.035", "0.14"),
            price("us.amazon.nova-lite-v1:0", "0.06", "0.24"),
            price("us.anthropic.claude-haiku-4-5-20251001-v1:0", "1.1", "5.5"),
        )
    },
)


def life(status: str = "ACTIVE", ends: timedelta | None = None) -> ModelLifecycle:
    return ModelLifecycle("amazon.nova-micro-v1:0", status, end_of_life_time=NOW + ends if ends else None)


@pytest.mark.parametrize(
    ("model", "status", "word"),
    [
        (life(), Status.PASS, "is active"),
        (life("LEGACY"), Status.WARN, "is legacy"),
        (life("ACTIVE", timedelta(days=200, hours=1)), Status.WARN, "in 200 days"),
        (life("LEGACY", timedelta(days=20, hours=1)), Status.WARN, "in 20 days"),
        (life("LEGACY", timedelta(days=-140, hours=-1)), Status.FAIL, "140 days ago"),
        (None, Status.FAIL, "knows no model"),
    ],
)
def test_the_life_of_a_model(model: ModelLifecycle | None, status: Status, word: str) -> None:
    verdict = judge_life(NOVA, model, "us.amazon.nova-lite-v1:0", PRICES, "us-east-1", NOW)
    assert verdict.status is status
    assert word in verdict.what
    assert mends(verdict)
    if status is not Status.PASS:
        assert 'bedrock_model_id = "us.amazon.nova-lite-v1:0"' in verdict.cure
    if model is not None and status is not Status.PASS:
        assert "us.amazon.nova-lite-v1:0: $0.06 in and $0.24 out per million tokens" in verdict.details


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    verdict = judge_life(NOVA, life("LEGACY"), "", PriceTable("xx-north-1"), "xx-north-1", NOW)
    assert "its price in xx-north-1 is unknown" in verdict.details[0]


def test_the_successor_is_another_model_of_a_near_price() -> None:
    assert successors(NOVA, PRICES) == ("us.amazon.nova-lite-v1:0", "us.anthropic.claude-haiku-4-5-20251001-v1:0")
    assert successors("meta.llama3-2-1b-instruct-v1:0", PRICES)[0] == NOVA


OPEN = ModelAccess("AUTHORIZED", "AVAILABLE", "AVAILABLE", "AVAILABLE")


@pytest.mark.parametrize(
    ("model_id", "access", "on_demand", "status", "word"),
    [
        (NOVA, OPEN, True, Status.PASS, "may be called"),
        (
            NOVA,
            ModelAccess("AUTHORIZED", "AVAILABLE", "NOT_AVAILABLE", "AVAILABLE"),
            True,
            Status.PASS,
            "may be called",
        ),
        ("amazon.nova-micro-v1:0", OPEN, False, Status.FAIL, "only through an inference profile"),
        (
            "amazon.nova-micro-v1:0",
            ModelAccess("AUTHORIZED", "AVAILABLE", "NOT_AVAILABLE", "AVAILABLE"),
            True,
            Status.FAIL,
            "cannot be called in us-east-1",
        ),
        (
            NOVA,
            ModelAccess("NOT_AUTHORIZED", "AVAILABLE", "AVAILABLE", "AVAILABLE"),
            True,
            Status.FAIL,
            "not authorized",
        ),
        (
            NOVA,
            ModelAccess("AUTHORIZED", "NOT_AVAILABLE", "AVAILABLE", "NOT_AVAILABLE"),
            True,
            Status.FAIL,
            "no agreement",
        ),
        (NOVA, ModelAccess("AUTHORIZED", "NOT_AVAILABLE", "AVAILABLE", "PENDING"), True, Status.WARN, "pending"),
        (NOVA, None, True, Status.FAIL, "knows no model"),
    ],
)
def test_access(model_id: str, access: ModelAccess | None, on_demand: bool, status: Status, word: str) -> None:
    verdict = judge_access(model_id, access, on_demand=on_demand, region="us-east-1")
    assert verdict.status is status
    assert word in verdict.what
    assert mends(verdict)


def test_profile() -> None:
    routes = tuple(f"arn:aws:bedrock:{region}::foundation-model/x" for region in ("us-east-1", "us-west-2"))
    good = judge_profile(NOVA, Profile(NOVA, "ACTIVE", routes), "us-east-1")
    assert (good.status, good.details) == (Status.PASS, ("it routes to us-east-1, us-west-2",))
    assert judge_profile("amazon.nova-micro-v1:0", None, "us-east-1").status is Status.SKIPPED
    for found in (None, Profile(NOVA, "DISABLED", ())):
        verdict = judge_profile(NOVA, found, "us-east-1")
        assert verdict.status is Status.FAIL
        assert mends(verdict)


@pytest.mark.parametrize(
    ("found", "chat", "status"),
    [
        (None, True, Status.PASS),
        (InvocationLogging(text=False, bucket="b"), True, Status.PASS),
        (InvocationLogging(text=True, bucket="b"), False, Status.WARN),
        (InvocationLogging(text=True, log_group="g"), True, Status.FAIL),
    ],
)
def test_what_bedrock_records(found: InvocationLogging | None, chat: bool, status: Status) -> None:
    verdict = judge_logging(found, chat=chat, guardrail=True, region="us-east-1")
    assert verdict.status is status
    assert mends(verdict)
    if status is not Status.PASS:
        assert "the guardrail does not mask there: originals are logged" in verdict.details


QUOTAS = (
    Quota("L-1", "On-demand model inference requests per minute for Amazon Nova Micro", 100),
    Quota("L-2", "Cross-region model inference requests per minute for Amazon Nova Micro", 2000),
    Quota("L-3", "Cross-region model inference tokens per minute for Amazon Nova Micro", 4000000),
    Quota("L-4", "Global cross-region model inference tokens per minute for Amazon Nova Micro", 7),
    Quota("L-5", "Cross-region model inference requests per minute for Amazon Nova Micro Plus", 8),
    Quota("L-6", "Model invocation max tokens per day for Amazon Nova Micro (doubled for cross-region calls)", 9),
    Quota("L-7", "Cross-Region InvokeModel tokens per minute for Anthropic Claude Sonnet 4 V1", 10),
)


def test_the_quotas_of_a_model_are_those_of_the_way_it_is_called() -> None:
    def codes(model_id: str, name: str = "Amazon Nova Micro") -> list[str]:
        return [quota.code for quota in model_quotas(QUOTAS, model_id, name).listed]

    assert codes(NOVA) == ["L-2", "L-3", "L-6"]
    assert codes("amazon.nova-micro-v1:0") == ["L-1", "L-6"]
    assert codes("global.amazon.nova-micro-v1:0") == ["L-4", "L-6"]
    assert codes("us.anthropic.claude-sonnet-4-20250514-v1:0", "Anthropic Claude Sonnet 4") == ["L-7"]
    assert codes(NOVA, "Amazon Titan") == []


def test_a_quota_of_nothing_fails_and_one_below_the_apis_rate_warns() -> None:
    found = model_quotas(QUOTAS, NOVA, "Amazon Nova Micro")
    assert judge_model_quotas(NOVA, found, 10, "us-east-1").status is Status.PASS
    assert judge_model_quotas(NOVA, found, None, "us-east-1").status is Status.PASS
    narrow = judge_model_quotas(NOVA, found, 100, "us-east-1")
    assert (narrow.status, "--quota-code L-2" in narrow.cure) == (Status.WARN, True)
    none = model_quotas([Quota("L-2", QUOTAS[1].name, 0)], NOVA, "Amazon Nova Micro")
    nothing = judge_model_quotas(NOVA, none, 10, "us-east-1")
    assert (nothing.status, "--quota-code L-2" in nothing.cure) == (Status.FAIL, True)
    assert judge_model_quotas(NOVA, model_quotas([], NOVA, "x"), 10, "us-east-1").status is Status.SKIPPED
