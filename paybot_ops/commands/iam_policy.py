"""`paybot iam-policy`: what an operator must be allowed."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.render.envelope import Answer, DocumentFormat

Commands = Annotated[
    list[str] | None,
    typer.Argument(metavar="[COMMAND]...", help="As they are typed: alarms status, or alarms for all of its commands."),
]
Part = Annotated[
    int | None,
    typer.Option("--part", min=1, help="Only this part of a policy that is too long for one managed policy."),
]


def iam_policy(
    ctx: typer.Context,
    commands: Commands = None,
    part: Part = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Print the IAM policy that an operator needs for some commands, or for all of them.

    The answer is the policy itself, ready for `aws iam create-policy`; --output json wraps it in paybot's document. Its
    resources are those of this deployment. Without COMMAND it is all that paybot calls itself; what Terraform's
    provider needs to make, change and remove the resources is there where deploy or another such command is named.

    Example: paybot iam-policy alarms status metrics > operator.json
    """
    from paybot_ops.operations.iam_policy import policy_of
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import iam_policy as text
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    report = policy_of(find_target(screen, Choice(directory, env, region, sandbox)), commands or (), part)
    answer = Answer(command="iam-policy", data=text.policy_data(report, part), warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: text.policy_text(report, part))
