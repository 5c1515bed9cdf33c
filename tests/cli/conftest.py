"""What the tests of the command line share; a file that needs another sandbox or state has its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.migration_world import Deployment, endpoints
from tests.cli.paybot_world import Paybot
from tests.cli.state_world import State, WatchedSandbox

# Each test's own names in the one embedded AWS of its file.
_numbers = itertools.count()


@pytest.fixture
def paybot(tmp_path: Path) -> Paybot:
    """The command line in an empty folder."""
    return Paybot(tmp_path)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[WatchedSandbox]:
    """An embedded AWS in this process, one for each file."""
    with WatchedSandbox() as running:
        yield running


@pytest.fixture
def state(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """A home for a state that is not there yet."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    yield State(sandbox, tmp_path / "shop", f"home-{next(_numbers)}")
    undisturbed(sandbox)


@pytest.fixture
def deployment(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A deployment with a local state, and the home that it can move to."""
    for name, value in endpoints(sandbox.endpoint).items():
        monkeypatch.setenv(name, value)
    made = Deployment(sandbox, tmp_path / "shop", f"shop-{next(_numbers)}")
    made.apply()
    made.bootstrap()
    yield made
    undisturbed(sandbox)


def undisturbed(sandbox: WatchedSandbox) -> None:
    """Take back what a test did to the sandbox."""
    sandbox.faults.replace([])
    sandbox.after = lambda _call, _number: None
