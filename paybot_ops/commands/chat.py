"""`paybot chat`: talk to the deployed bot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paybot_ops import options
from paybot_ops.render.envelope import DocumentFormat

if TYPE_CHECKING:
    from paybot_ops.core.chat_turns import ChatTurn
    from paybot_ops.screen import Screen


def chat(
    ctx: typer.Context,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Say this, show the answer, and end.")] = None,
    script: Annotated[
        Path | None,
        typer.Option("--script", help="What to say, and what to expect; exits 3 where that is not met."),
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", help="Go on with this conversation (the bot's sessionId).")
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option("--transcript", help="Write the conversation to this new file, card details masked."),
    ] = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show how long each turn took, and its tokens.")
    ] = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Talk to the deployed bot; what is shown and written holds no card number and no security code.

    Example: paybot chat --message "Hello"
    """
    from paybot_ops.errors import ExitCode
    from paybot_ops.operations.chat import ChatWish, finding_of
    from paybot_ops.operations.chat import chat as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import chat as text
    from paybot_ops.render import show
    from paybot_ops.render.envelope import Answer, to_json

    screen = options.screen_of(ctx)
    wish = ChatWish(message, script, session, transcript, usage=verbose)
    document = output is DocumentFormat.JSON
    turn_shown = _Shown(screen, alone=message is not None, document=document, verbose=verbose)
    report = operation(find_target(screen, Choice(directory, env, region, sandbox)), wish, turn_shown)
    error = finding_of(report)
    answer = Answer(
        command="chat", data=text.chat_data(report), code=report.code, warnings=tuple(screen.warnings), error=error
    )
    if report.interrupted:
        # Ctrl-C is a way to end it: nobody needs to be told.
        if document:
            screen.answer_text(to_json(answer))
        return ExitCode.INTERRUPTED
    if verbose and report.turns:
        screen.note(text.usage_text(report))
        screen.note(f"session {report.session_id}: go on with --session, or look: paybot logs --session")
    return show(screen, output, answer, lambda: "")


class _Shown:
    """Each turn where it belongs: the bot's words are the answer, or stand aside where a document is."""

    def __init__(self, screen: Screen, *, alone: bool, document: bool, verbose: bool) -> None:
        self._screen, self._alone, self._document, self._verbose = screen, alone, document, verbose

    def __call__(self, turn: ChatTurn) -> None:
        """Show one turn."""
        from paybot_ops.render import chat as text

        if self._document:
            if self._screen.interactive:
                self._screen.note(text.spoken_text(turn))
        elif self._alone:
            if turn.error is None:
                self._screen.answer(turn.bot)
        else:
            self._screen.answer(text.spoken_text(turn) if self._screen.interactive else text.both_text(turn))
            self._screen.flush()
        if self._verbose:
            self._screen.note(text.measure_text(turn), style="dim")
