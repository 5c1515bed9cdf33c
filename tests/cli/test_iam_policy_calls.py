"""`paybot iam-policy` against what the commands really call: nothing is missing, and nothing is too much.

Each command line runs as a user types it, on a deployment in an embedded AWS that records every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.cli.iam_comparison import SCOPE, Compared, compare, recorded
from tests.cli.iam_world import Here, World, endpoints
from tests.cli.paybot_world import Ran
from tests.cli.state_world import WatchedSandbox
from tests.sandbox.cloudwatch_world import alarm

OPERATOR = "operator"
STRIPE_KEY = "rk_test_" + "a" * 24

# What a command needs and its run here does not call, with the argument.
NOT_CALLED: Mapping[str, Mapping[str, str]] = {
    name: {"secretsmanager:DescribeSecret": "asked where there is no key, as by `secrets status`"}
    for name in ("chat", "verify")
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One deployment that was made by hand; the commands are tried on it in the order of the table below."""
    patch = pytest.MonkeyPatch()
    with WatchedSandbox() as sandbox:
        for name, value in endpoints(sandbox.endpoint).items():
            patch.setenv(name, value)
        yield World(sandbox, Here(tmp_path_factory.mktemp("shop")))
    patch.undo()


def ran(world: World, *arguments: str, codes: Sequence[int] = (0,), **more: Any) -> Ran:
    done = world.paybot(*arguments, **more)
    assert done.code in codes, done.err
    return done


def notifications(world: World) -> None:
    """Silent alarms of both kinds are there, and a topic is asked for by name."""
    cloudwatch = world.aws("cloudwatch")
    cloudwatch.put_metric_alarm(**alarm(world.named("silent")))
    cloudwatch.put_composite_alarm(AlarmName=world.named("both"), AlarmRule=f'ALARM("{world.named("silent")}")')
    ran(world, "notifications", "subscribe", "a@example.com", "--create-topic", "--yes")
    other = ("--topic", world.named("others"))
    ran(world, "notifications", "subscribe", "b@example.com", "--create-topic", "--yes", *other)


def publish(world: World) -> None:
    world.subscribe("c@example.com")
    ran(world, "notifications", "test", "--yes")


def unsubscribe(world: World) -> None:
    world.subscribe("d@example.com")
    ran(world, "notifications", "unsubscribe", "d@example.com", "--yes")


def read_tokens(world: World) -> None:
    ran(world, "metrics", "tokens")
    ran(world, "metrics", "tokens", "--all-models")


def resume(world: World) -> None:
    """To a reservation, and to none."""
    values = world.paybot.folder / "terraform/terraform.tfvars"
    for setting in ("", "reserved_concurrency = -1\n"):
        values.write_text(f"paused = true\n{setting}")
        world.aws("lambda").put_function_concurrency(FunctionName=world.named("bot"), ReservedConcurrentExecutions=0)
        ran(world, "resume", "--yes")


def hold_drills(world: World) -> None:
    world.aws("secretsmanager").put_secret_value(SecretId=world.secret, SecretString=STRIPE_KEY)
    drills = ("--only", "alarm", "--only", "guardrail", "--only", "payment")
    ran(world, "verify", *drills, "--yes", "--wait", "5", codes=(0, 3))


def chat(world: World) -> None:
    """Where cards are typed into it, the key says whether they are real ones."""
    values = world.paybot.folder / "terraform/terraform.tfvars"
    values.write_text('card_collection = "chat"\n')
    ran(world, "chat", "--message", "Hello", "--verbose")


# While no key is set, it is found out whether that is because there is no secret.
WITHOUT_KEY: Mapping[str, Callable[[World], object]] = {
    "secrets status": lambda world: ran(world, "secrets", "status"),
    "status": lambda world: ran(world, "status"),
    "doctor": lambda world: ran(world, "doctor", codes=(0, 3)),
    "secrets set-stripe-key": lambda world: ran(
        world, "secrets", "set-stripe-key", "--yes", "--offline", stdin=STRIPE_KEY
    ),
}
COMMANDS: Mapping[str, Callable[[World], object]] = {
    **WITHOUT_KEY,
    "alarms status": lambda world: ran(world, "alarms", "status"),
    "alarms history": lambda world: ran(world, "alarms", "history", "tokens"),
    "notifications subscribe": notifications,
    "notifications list": lambda world: ran(world, "notifications", "list"),
    "notifications test": publish,
    "notifications unsubscribe": unsubscribe,
    "alarms test": lambda world: ran(world, "alarms", "test", "tokens", "--yes", "--wait", "5"),
    "cost": lambda world: ran(world, "cost"),
    "guardrails status": lambda world: ran(world, "guardrails", "status"),
    "guardrails test": lambda world: ran(world, "guardrails", "test", "--through-bot"),
    "logs": lambda world: ran(world, "logs"),
    "metrics tokens": read_tokens,
    "package": lambda world: ran(world, "package", "--check", codes=(0, 3)),
    "versions": lambda world: ran(world, "versions"),
    "rollback": lambda world: ran(world, "rollback", "--yes"),
    "pause": lambda world: ran(world, "pause", "--yes"),
    "resume": resume,
    "verify": hold_drills,
    "chat": chat,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_policy_of_a_command_is_what_it_calls(world: World, command: str) -> None:
    with recorded(world.sandbox, OPERATOR) as calls:
        COMMANDS[command](world)
    compared = compare(world.sandbox, command, calls, SCOPE, NOT_CALLED.get(command, {}))
    assert compared == Compared()
