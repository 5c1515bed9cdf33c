"""`paybot guardrails`: switch them on and off, see that all agrees, and prove that they stop what they should."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paybot_ops import options
from paybot_ops.core.guardrail_policies import PiiAction, Preset, Strength
from paybot_ops.errors import ExitCode
from paybot_ops.render.envelope import Answer, DocumentFormat, Format

if TYPE_CHECKING:
    from paybot_ops.operations.guardrails import ToggleReport
    from paybot_ops.screen import Screen

app = typer.Typer(
    help="Bedrock guardrails: switch them on and off, look, and prove that they guard.", no_args_is_help=True
)

PresetOption = Annotated[Preset | None, typer.Option("--preset", help="A set of policies (the module's is balanced).")]
Pii = Annotated[
    PiiAction | None, typer.Option("--pii", help="Block a text with personal data, or mask the data in it.")
]
Entities = Annotated[
    list[str] | None, typer.Option("--pii-entity", help="Only these kinds of personal data; repeatable.")
]
Content = Annotated[Strength | None, typer.Option("--content", help="How readily harmful content is stopped.")]
Words = Annotated[list[str] | None, typer.Option("--word", help="Stop this word or phrase as well; repeatable.")]
WordFile = Annotated[Path | None, typer.Option("--word-file", help="The words of a file as well, one a line.")]
Topics = Annotated[
    list[str] | None, typer.Option("--topic", metavar="NAME=DEFINITION", help="Deny this topic as well; repeatable.")
]
Message = Annotated[str | None, typer.Option("--blocked-message", help="What the customer reads instead.")]
NoDeploy = Annotated[bool, typer.Option("--no-deploy", help="Only set the variables.")]


@app.command()
def enable(
    ctx: typer.Context,
    preset: PresetOption = None,
    pii: Pii = None,
    pii_entity: Entities = None,
    content: Content = None,
    word: Words = None,
    word_file: WordFile = None,
    topic: Topics = None,
    blocked_message: Message = None,
    no_deploy: NoDeploy = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    verbose: options.Verbose = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> ExitCode:
    """Set the variables in the environment's tfvars, show the cost, and deploy.

    With --sandbox the variables are set for the embedded AWS only, and your own files stay as they are.

    Example: paybot guardrails enable --env prod --preset strict --topic "Gift cards=Buying or using gift cards."
    """
    from paybot_ops.core.guardrail_policies import Choices, parse_topic, parse_words
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.guardrails import enable as operation
    from paybot_ops.operations.target import Choice, find_target

    words = list(word or ())
    if word_file is not None:
        from paybot_ops.adapters.files import read_text_file

        words += parse_words(read_text_file(word_file).text)
    choices = Choices(
        preset=preset,
        pii=pii,
        pii_entities=tuple(pii_entity or ()),
        content=content,
        topics=dict(parse_topic(text) for text in topic or ()),
        words=tuple(words),
        blocked_message=blocked_message,
    )
    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox, verbose))
    report = operation(target, Gate(dry_run, False, yes), choices, deploys=not no_deploy)
    return _toggled(screen, "guardrails enable", report, output)


@app.command()
def disable(
    ctx: typer.Context,
    no_deploy: NoDeploy = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    verbose: options.Verbose = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> ExitCode:
    """Switch the guardrail off and deploy; its policies stay in the tfvars for the way back.

    Example: paybot guardrails disable --dry-run
    """
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.guardrails import disable as operation
    from paybot_ops.operations.target import Choice, find_target

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox, verbose))
    report = operation(target, Gate(dry_run, False, yes), deploys=not no_deploy)
    return _toggled(screen, "guardrails disable", report, output)


@app.command()
def status(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    check: Annotated[bool, typer.Option("--check", help="Exit 3 when anything disagrees.")] = False,
    output: options.Output = Format.TABLE,
) -> ExitCode:
    """Show what is wanted, deployed, live and used, side by side, and where they disagree.

    Example: paybot guardrails status --check
    """
    from paybot_ops.operations.guardrail_status import status as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import guardrails as render
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    report = operation(find_target(screen, Choice(directory, env, region, sandbox)))
    answer = Answer(
        command="guardrails status",
        data=render.status_data(report.view, report.disagreements),
        rows=render.status_rows(report.view),
        code=ExitCode.FINDING if check and report.disagreements else ExitCode.OK,
        warnings=tuple(screen.warnings),
    )
    return show(screen, output, answer, lambda: render.status_table(report.view, report.disagreements))


@app.command()
def test(
    ctx: typer.Context,
    case: Annotated[Path | None, typer.Option("--case", help="Cases of your own as well: a JSON file.")] = None,
    through_bot: Annotated[bool, typer.Option("--through-bot", help="Send some through the deployed API too.")] = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> ExitCode:
    """Send probes to the live guardrail: what must be stopped, and what must pass. Exits 3 when one fails.

    Example: paybot guardrails test --through-bot
    """
    from paybot_ops.operations.guardrail_probing import probe
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import guardrail_probes as render
    from paybot_ops.render import show
    from paybot_ops.render.guardrails import cost_data

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    report = probe(target, cases=case, through_bot=through_bot)
    rows = render.probe_rows(report.probed)
    answer = Answer(
        command="guardrails test",
        data={"probes": rows, "failed": len(report.failed), "cost": cost_data(report.cost)},
        rows=rows,
        code=report.code,
        warnings=tuple(screen.warnings),
    )
    return show(screen, output, answer, lambda: render.probe_table(report.probed, report.cost))


def _toggled(screen: Screen, command: str, report: ToggleReport, output: DocumentFormat) -> ExitCode:
    from paybot_ops.render import deployment, show
    from paybot_ops.render import guardrails as render

    data = {
        "enabled": report.enabled,
        "changes": render.edits_data(report.plan),
        "written": report.written,
        "cost_per_thousand_messages": render.cost_data(report.cost),
        "deploy": deployment.report_data(report.deployed) if report.deployed else None,
    }
    answer = Answer(command=command, data=data, code=report.code, warnings=tuple(screen.warnings), error=report.error)
    return show(screen, output, answer, lambda: render.toggled(report.plan, report.written, report.deployed))
