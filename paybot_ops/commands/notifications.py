"""`paybot notifications`: who hears of alarms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from paybot_ops import options
from paybot_ops.core.subscriptions import Protocol
from paybot_ops.render.envelope import Answer, DocumentFormat, Format

if TYPE_CHECKING:
    from paybot_ops.operations.notifications import ChangeReport
    from paybot_ops.screen import Screen

app = typer.Typer(help="Say who hears of alarms, and prove that they do.", no_args_is_help=True)

Topic = Annotated[
    str | None, typer.Option("--topic", help="The topic, by ARN or name (default: the one that the alarms notify).")
]
Prefix = Annotated[
    str | None, typer.Option("--prefix", help="What the alarms' names begin with (default: <project>-).")
]


@app.command()
def subscribe(
    ctx: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="An e-mail address, +number, https:// URL, queue or function ARN.")],
    protocol: Annotated[Protocol | None, typer.Option("--protocol", help="How (default: by its form).")] = None,
    create_topic: Annotated[
        bool, typer.Option("--create-topic", help="Make the topic where there is none; let silent alarms notify it.")
    ] = False,
    resend: Annotated[bool, typer.Option("--resend", help="Ask again for the confirmation of a pending one.")] = False,
    topic: Topic = None,
    prefix: Prefix = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Let an endpoint hear of alarms; one that does already is reported, not repeated.

    Example: paybot notifications subscribe you@example.com --create-topic
    """
    from paybot_ops.operations import notifications as operation
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import notifications as render

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    report = operation.subscribe(
        target,
        Gate(dry_run, False, yes),
        operation.Where(topic, prefix, create_topic),
        operation.Wanted(endpoint, protocol, resend),
        lambda step: screen.note(render.step_line(step)),
    )
    return _changed(screen, output, "notifications subscribe", report)


@app.command("list")
def list_(
    ctx: typer.Context,
    topic: Topic = None,
    prefix: Prefix = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Show every topic of the alarms: who is subscribed, who still has to confirm, what would stop a message.

    Example: paybot notifications list --output json
    """
    from paybot_ops.operations import notifications as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import notifications as render
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    topics = operation.list_topics(target, operation.Where(topic, prefix))
    answer = Answer(
        command="notifications list",
        data=render.topics_data(topics),
        rows=render.topics_rows(topics),
        warnings=tuple(screen.warnings),
    )
    return show(screen, output, answer, lambda: render.topics_table(topics, datetime.now(UTC)))


@app.command()
def unsubscribe(
    ctx: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="The endpoint, or the subscription's ARN.")],
    topic: Topic = None,
    prefix: Prefix = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """End a subscription.

    Example: paybot notifications unsubscribe you@example.com
    """
    from paybot_ops.operations import notifications as operation
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import notifications as render

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    report = operation.unsubscribe(
        target,
        Gate(dry_run, False, yes),
        operation.Where(topic, prefix),
        endpoint,
        lambda step: screen.note(render.step_line(step)),
    )
    return _changed(screen, output, "notifications unsubscribe", report)


@app.command()
def test(
    ctx: typer.Context,
    topic: Topic = None,
    prefix: Prefix = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Publish a message that is marked as a test; what would stop a real alarm's message is said beside it.

    Example: paybot notifications test --yes
    """
    from paybot_ops.operations import notifications as operation
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    sent = operation.send_test(target, Gate(dry_run, False, yes), operation.Where(topic, prefix))
    for problem in sent.problems if sent else ():
        screen.warn(f"a real alarm would not reach {sent.topic if sent else ''}: {problem}")
    answer = Answer(command="notifications test", data=sent, warnings=tuple(screen.warnings))
    text = f"sent to {sent.subscribers} subscribers of {sent.topic}: {sent.message_id}" if sent else "nothing was sent"
    return show(screen, output, answer, lambda: text)


def _changed(screen: Screen, output: DocumentFormat, command: str, report: ChangeReport) -> int:
    from paybot_ops.render import notifications as render
    from paybot_ops.render import show

    answer = Answer(
        command=command,
        data=render.change_data(report.topic, report.plan, report.result, report.problems),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: render.change_text(report.plan, report.result, report.problems))
