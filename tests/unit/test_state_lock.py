"""The lock info that Terraform writes, who holds a lock, and whose it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from paybot_ops.core.state_lock import (
    HeldLock,
    LockInfo,
    LockKind,
    age_text,
    holder_text,
    is_left_behind,
    parse_lock,
    parse_time,
)

# As Terraform 1.11 wrote it.
WRITTEN = (
    '{"ID":"5d1c","Operation":"OperationTypeApply","Info":"","Who":"ann@build","Version":"1.11.4",'
    '"Created":"2026-01-02T03:04:05.123456789Z","Path":"b/k"}'
)
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)


def test_what_terraform_wrote() -> None:
    info = parse_lock(WRITTEN)
    assert info == LockInfo("5d1c", "OperationTypeApply", "ann@build", "", "1.11.4", "b/k", MOMENT)


def test_what_we_write_has_the_same_fields() -> None:
    assert parse_lock(parse_lock(WRITTEN).to_json()) == parse_lock(WRITTEN)
    assert parse_lock(WRITTEN).to_json().replace(".123456Z", ".123456789Z") == WRITTEN


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "5"])
def test_a_lock_that_says_nothing_is_a_lock_all_the_same(text: str) -> None:
    assert parse_lock(text) == LockInfo(id="")
    assert "somebody" in holder_text(HeldLock(LockKind.ROW, parse_lock(text), text), MOMENT)


@pytest.mark.parametrize(
    ("text", "moment"),
    [("2026-01-02T03:04:05Z", MOMENT.replace(microsecond=0)), ("2026-01-02T03:04:05.1Z", None), ("soon", None)],
)
def test_times(text: str, moment: datetime | None) -> None:
    assert parse_time(text) == (moment or (MOMENT.replace(microsecond=100000) if text != "soon" else None))


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_ages(seconds: int, shown: str) -> None:
    assert age_text(MOMENT, MOMENT + timedelta(seconds=seconds)) == shown


def test_only_a_lock_of_ours_from_here_was_left_behind() -> None:
    def lock(info: str, who: str) -> HeldLock:
        return HeldLock(LockKind.FILE, LockInfo("1", info=info, who=who), "")

    assert is_left_behind(lock("paybot in /x", "ann@build"), marker="paybot in /x", who="ann@build")
    assert not is_left_behind(lock("paybot in /y", "ann@build"), marker="paybot in /x", who="ann@build")
    assert not is_left_behind(lock("paybot in /x", "bob@build"), marker="paybot in /x", who="ann@build")
    assert not is_left_behind(lock("", "ann@build"), marker="", who="ann@build")
