"""The calls that a command line makes, compared with the policy that `paybot iam-policy` gives for it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from paybot_ops.core.iam_policy import build_policy
from paybot_ops.core.iam_policy_resources import Scope
from paybot_ops.sandbox.call_log import Call
from tests.cli.iam_world import ENVIRONMENT, PROJECT
from tests.cli.state_world import WatchedSandbox
from tests.sandbox.aws_world import NOVA, client
from tests.sandbox.iam_calls import Needs
from tests.sandbox.iam_evaluation import not_allowed, on_behalf, permissions

SCOPE = Scope(account="123456789012", region="us-east-1", project=PROJECT, environment=ENVIRONMENT, model_id=NOVA)


@contextlib.contextmanager
def recorded(sandbox: WatchedSandbox, caller: str) -> Iterator[list[Call]]:
    """The calls of one caller while the block runs; complete once it is left."""
    found: list[Call] = []
    sandbox.call_log.start()
    yield found
    sandbox.call_log.stop()
    found += [call for call in sandbox.call_log.listed() if call.caller == caller]


@dataclass(frozen=True)
class Compared:
    """How a policy and the calls of a command differ: what is not allowed, and what is and was not used."""

    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def compare(
    sandbox: WatchedSandbox, command: str, calls: Sequence[Call], scope: Scope, excused: Collection[str] = ()
) -> Compared:
    """Compare in both directions; Terraform's provider aside."""
    needs = Needs(client(sandbox, "kms")).of(calls)
    document = build_policy([command], scope, provider=False).document
    called = {need.action.partition(":")[0] for need in needs}
    return Compared(
        missing=tuple(not_allowed(needs, document)),
        unused=tuple(
            str(each)
            for each in permissions([document])
            if not any(each.allows(need) for need in needs)
            and not on_behalf(each, called)
            and each.action not in excused
        ),
    )
