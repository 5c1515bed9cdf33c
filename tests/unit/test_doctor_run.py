"""Checks beside each other: none spoils another, none holds another up, and what several need is asked once."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable

import pytest

from paybot_ops.core.doctor import Status, Verdict, passed
from paybot_ops.errors import AwsError, PaybotError
from paybot_ops.operations.doctor import examine
from paybot_ops.operations.doctor.ground import Ground, Once, SharedSession
from paybot_ops.operations.doctor.table import CHECKS, Check
from paybot_ops.operations.target import Choice
from paybot_ops.screen import Screen

SECRET = "sk_live_" + "L" * 20 + "1234"


def looked(*runs: Callable[[Ground], Verdict], seconds: float = 5) -> tuple[list[Verdict], str]:
    """The verdicts of these checks, and what was said meanwhile."""
    err = io.StringIO()
    ground = Ground(Choice(), SharedSession("us-east-1"), "us-east-1", None)
    checks = [Check(f"check-{number}", "", run) for number, run in enumerate(runs)]
    found = examine(Screen(stdout=io.StringIO(), stderr=err), ground, checks, seconds)
    assert [item.name for item in found] == [check.name for check in checks]
    return [item.verdict for item in found], err.getvalue()


def fine(_ground: Ground) -> Verdict:
    return passed("fine")


def denied(_ground: Ground) -> Verdict:
    raise AwsError("AWS is throttling", hint="later")


def defective(_ground: Ground) -> Verdict:
    raise KeyError(SECRET)


def test_an_error_and_a_defect_are_verdicts_of_their_own_check() -> None:
    verdicts, said = looked(fine, denied, defective, fine)
    assert [item.status for item in verdicts] == [Status.PASS, Status.WARN, Status.FAIL, Status.PASS]
    assert verdicts[2].cure == "paybot --debug doctor --only check-2"
    assert SECRET not in f"{verdicts} {said}"


def test_what_hangs_is_given_up_and_says_nothing_later() -> None:
    release = threading.Event()

    def hanging(_ground: Ground) -> Verdict:
        release.wait(10)
        return passed("too late")

    started = time.monotonic()
    verdicts, said = looked(hanging, fine, seconds=0.3)
    assert time.monotonic() - started < 3
    release.set()
    assert [item.status for item in verdicts] == [Status.WARN, Status.PASS]
    assert verdicts[0].what == "not checked: no answer within 0.3 s"
    assert said.count("check-1 …") == 1
    assert "check-0" not in said


def test_they_run_beside_each_other() -> None:
    everybody = threading.Barrier(len(CHECKS), timeout=5)

    def meeting(_ground: Ground) -> Verdict:
        everybody.wait()
        return passed("met")

    verdicts, _said = looked(*[meeting] * len(CHECKS))
    assert {item.what for item in verdicts} == {"met"}


def test_without_a_workspace_a_check_of_it_says_so() -> None:
    verdicts, _said = looked(lambda ground: passed(str(ground.target)))
    assert (verdicts[0].status, verdicts[0].what) == (Status.FAIL, "no Terraform files here")


def test_what_several_need_is_asked_once_and_its_error_reaches_all() -> None:
    once, asked = Once(), []

    def make() -> int:
        asked.append(1)
        time.sleep(0.05)
        return 7

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(once.get("it", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, len(asked), once.knows("it")) == ([7] * 8, 1, True)

    def fail() -> int:
        asked.append(1)
        raise PaybotError("no")

    for _ in range(2):
        with pytest.raises(PaybotError):
            once.get("other", fail)
    assert (len(asked), once.knows("other"), once.knows("none")) == (2, False, False)
