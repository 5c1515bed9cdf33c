"""What a text is, whether a deployment may have such a key, and what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from paybot_ops.core.stripe_keys import (
    Kind,
    Mode,
    StoredKey,
    check_fit,
    describe,
    find_key,
    parse_key,
    plan_key,
)
from paybot_ops.errors import UsageError

TEST = "sk_test_" + "a" * 20 + "Wxyz"
LIVE = "rk_live_" + "b" * 90 + "9876"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "kind", "mode", "shown"),
    [
        (TEST, Kind.SECRET, Mode.TEST, "sk_test_…Wxyz"),
        (f"  {LIVE}\n", Kind.RESTRICTED, Mode.LIVE, "rk_live_…9876"),
        ("rk_test_" + "c" * 24, Kind.RESTRICTED, Mode.TEST, "rk_test_…cccc"),
        ("sk_live_" + "d" * 24, Kind.SECRET, Mode.LIVE, "sk_live_…dddd"),
    ],
)
def test_a_key_is_told_by_its_form(text: str, kind: Kind, mode: Mode, shown: str) -> None:
    key = parse_key(text)
    assert (key.kind, key.mode, key.shown, key.value) == (kind, mode, shown, text.strip())
    assert key.value not in repr(key) + repr(plan_key(key, StoredKey("arn")))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no Stripe key was given"),
        (" \n", "no Stripe key was given"),
        ("pk_test_" + "a" * 24, "publishable"),
        ("pk_live_" + "a" * 24, "publishable"),
        ("whsec_" + "a" * 24, "webhook"),
        ("acct_1234", "account"),
        ("sk_org_live_" + "a" * 24, "organization"),
        (f"{TEST}\n{LIVE}", "more than a key"),
        ("sk_test_short", "no Stripe key"),
        ("sk_prod_" + "a" * 24, "no Stripe key"),
        ("sk_test_" + "a" * 20 + "\0", "no Stripe key"),
        ("sk_test_" + "a" * 9_000, "no Stripe key"),
        ("sk_test_" + "é" * 24, "no Stripe key"),
        ('{"key": "' + TEST + '"}', "more than a key"),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason_and_never_quoted(text: str, word: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_key(text)
    error = refused.value
    assert word in error.what
    assert "a" * 20 not in " ".join((error.what, error.why, error.hint))
    assert find_key(text) is None


def test_live_cards_in_a_chat_need_to_be_accepted() -> None:
    live, test = parse_key(LIVE), parse_key(TEST)
    with pytest.raises(UsageError, match="refused together") as refused:
        check_fit(live, card_collection="chat", accepts_raw_cards=False, embedded=False)
    assert "SAQ D" in refused.value.why
    assert "SAQ D" in check_fit(live, card_collection="chat", accepts_raw_cards=True, embedded=False)
    assert check_fit(live, card_collection="hosted_link", accepts_raw_cards=False, embedded=False) == ""
    assert check_fit(test, card_collection="chat", accepts_raw_cards=False, embedded=False) == ""


def test_a_live_key_does_not_belong_in_the_embedded_aws() -> None:
    with pytest.raises(UsageError, match="embedded AWS"):
        check_fit(parse_key(LIVE), card_collection="hosted_link", accepts_raw_cards=True, embedded=True)
    assert check_fit(parse_key(TEST), card_collection="chat", accepts_raw_cards=False, embedded=True) == ""


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (StoredKey("arn"), "no key was set yet"),
        (StoredKey("arn", "something else"), "what is stored is no Stripe key"),
        (StoredKey("arn", "sk_test_" + "z" * 24), "in place of sk_test_…zzzz"),
        (StoredKey("arn", LIVE), "from live mode to test mode, in place of rk_live_…9876"),
        (StoredKey("arn", readable=False), "what is stored could not be compared"),
    ],
)
def test_another_key_is_one_write(stored: StoredKey, reason: str) -> None:
    (action,) = plan_key(parse_key(TEST), stored).actions
    assert (action.verb, action.target, action.reason) == ("write", "arn", reason)


def test_the_same_key_is_nothing_to_do() -> None:
    assert plan_key(parse_key(TEST), StoredKey("arn", TEST)).is_empty
    assert plan_key(parse_key(TEST), StoredKey("arn", f"{TEST}\n")).is_empty


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        (StoredKey("arn", TEST, "v", NOW - timedelta(days=365)), ""),
        (StoredKey("arn", TEST, "v", NOW - timedelta(days=366)), "366 days old"),
        (StoredKey("arn"), "no key was set"),
        (StoredKey("arn", "pk_test_" + "a" * 24), "no Stripe key"),
        (StoredKey("arn", readable=False), "may not be read"),
    ],
)
def test_the_status_names_what_is_wrong(stored: StoredKey, problem: str) -> None:
    status = describe(stored, NOW)
    assert problem in status.problem
    assert bool(status.problem) is bool(problem)
    assert TEST not in repr(status)
