"""Every AWS call of a migration and a restore, answered badly: the right end, the missing right named, convergence.

The calls are recorded in an undisturbed run. All of them are tried under `make faults`, a fixed sample everywhere.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paybot_ops.sandbox.faults import Rule
from tests.cli.migration_world import Deployment, endpoints
from tests.cli.state_world import Call, WatchedSandbox, iam_action
from tests.faults.test_state_kills import JOURNEYS

pytestmark = pytest.mark.terraform
SAMPLE = 2
_numbers = itertools.count()
_THROTTLED = {"s3": "SlowDown", "dynamodb": "ThrottlingException", "sts": "Throttling"}
# Each bad answer, and the exit codes that may follow. One that is not repeated is answered well the second time.
ANSWERS: dict[str, tuple[set[int], Callable[[Call], Rule]]] = {
    "denied": ({1}, lambda call: Rule(call.service, call.operation, status=403, code="AccessDenied")),
    "throttled": ({1}, lambda call: Rule(call.service, call.operation, status=503, code=_THROTTLED[call.service])),
    "broken": ({1}, lambda call: Rule(call.service, call.operation, status=500, code="InternalError")),
    "throttled once": (
        {0},
        lambda call: Rule(call.service, call.operation, status=503, code=_THROTTLED[call.service], times=1),
    ),
    "dropped once": ({0}, lambda call: Rule(call.service, call.operation, drop=True, times=1)),
    "slow": ({0}, lambda call: Rule(call.service, call.operation, delay_seconds=0.7, times=1)),
}


class World:
    """Deployments of one embedded AWS, and for each journey its calls and its end."""

    def __init__(self, sandbox: WatchedSandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.expected: dict[str, tuple[list[Call], dict[str, Any]]] = {}

    def ready(self, journey: str) -> tuple[Deployment, tuple[str, ...]]:
        """A new deployment, and the command of the journey."""
        number = next(_numbers)
        made = Deployment(self.sandbox, self.folder / f"shop-{number}", f"answers-{number}")
        made.apply()
        made.bootstrap()
        return made, JOURNEYS[journey].prepare(made)

    def undisturbed(self, journey: str) -> tuple[list[Call], dict[str, Any]]:
        """The different calls of paybot itself in a journey, and what it leaves."""
        if journey not in self.expected:
            deployment, arguments = self.ready(journey)
            self.sandbox.headers.clear()
            assert deployment.paybot(*arguments).code == 0
            recorded = zip(self.sandbox.calls, self.sandbox.headers, strict=True)
            ours = [call for call, headers in recorded if "botocore" in headers["user-agent"].lower()]
            self.expected[journey] = (list(dict.fromkeys(ours)), deployment.snapshot())
        return self.expected[journey]

    def try_answer(self, journey: str, call: Call, answer: str) -> None:
        """One call of a journey answered badly, and the journey made again."""
        point = f"{journey}: {call.service} {call.operation} {answer}"
        codes, rule = ANSWERS[answer]
        deployment, arguments = self.ready(journey)
        self.sandbox.faults.replace([rule(call)])
        code, document = deployment.json(*arguments)
        self.sandbox.faults.replace([])
        assert code in codes, f"{point}: {document['error']}"
        if answer == "denied" and call.operation != "GetCallerIdentity":
            assert iam_action(call) in str(document["error"]), f"{point}: {document['error']}"
        again = deployment.paybot(*arguments)
        assert again.code == 0, f"{point}: {again.err}"
        assert deployment.snapshot() == self.undisturbed(journey)[1], point


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with WatchedSandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        for name, value in endpoints(sandbox.endpoint).items():
            patch.setenv(name, value)
        yield World(sandbox, tmp_path_factory.mktemp("answers"))


def test_a_sample_of_bad_answers(world: World) -> None:
    chosen = random.Random("bad answers")
    journey = chosen.choice(list(JOURNEYS))
    points = [(call, answer) for call in world.undisturbed(journey)[0] for answer in ANSWERS]
    for point in chosen.sample(points, SAMPLE):
        world.try_answer(journey, *point)


@pytest.mark.faults
@pytest.mark.parametrize("answer", list(ANSWERS))
@pytest.mark.parametrize("journey", list(JOURNEYS))
def test_every_call_answered_badly(world: World, journey: str, answer: str) -> None:
    calls, _end = world.undisturbed(journey)
    assert len(calls) >= 4
    for call in calls:
        world.try_answer(journey, call, answer)
