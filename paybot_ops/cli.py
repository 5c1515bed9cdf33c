"""The root of the CLI: its commands, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Annotated, Any

import typer

from paybot_ops import __version__
from paybot_ops.commands import COMMANDS
from paybot_ops.errors import ExitCode, PaybotError, StoppedError, UsageError
from paybot_ops.lazy_group import LazyGroup
from paybot_ops.screen import Screen

_EXIT_CODES = """\b
Exit codes:
  0    done, or nothing to do
  1    failed, or applied in part; the same command goes on from there
  2    the command line or a setting is not usable
  3    a check found something
  4    confirmation needed or declined
  130  interrupted"""

# Plain help: rich's would cost every `--help` half as long again.
app = typer.Typer(
    name="paybot",
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    no_args_is_help=True,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"paybot {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # noqa: ARG001 -- its callback acts on it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Operate a payment chat bot on AWS: deploy it, watch it, recover it."""
    if debug:
        os.environ["PAYBOT_DEBUG"] = "1"


def main() -> None:
    """The entry point of the installed command."""
    # Nearly everything that a command loads lives until it ends: searching it for garbage is a quarter of its time.
    gc.set_threshold(100_000)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _stop)
    code = run(sys.argv[1:], Screen())
    if any(thread.daemon for thread in threading.enumerate()):
        # A reading that nobody waits for. Python that ends while it is in the middle of C code may crash.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(code)
    gc.freeze()
    sys.exit(code)


def _stop(_signal: int, _frame: object) -> None:
    """A CI that cancels a job, or a terminal that is closed, deserves the same clean end as Ctrl-C."""
    raise KeyboardInterrupt


def run(arguments: Sequence[str], screen: Screen) -> int:
    """Run one command line and return its exit code; every error that reaches this point is told here."""
    try:
        code = app(args=list(arguments), obj=screen, standalone_mode=False, prog_name="paybot")
        screen.flush()
        return int(code or ExitCode.OK)
    except PaybotError as error:
        return _told(error, arguments, screen)
    except (KeyboardInterrupt, typer.Abort):
        return _told(StoppedError("interrupted"), arguments, screen)
    except BrokenPipeError:
        return _left_by_its_reader(screen)
    except SystemExit as ended:
        # Typer and rich both make exit code 1 of a broken pipe, whatever the mode.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return _left_by_its_reader(screen)
    except Exception as error:  # the boundary: nothing leaves as a traceback
        return _told(_unexpected(error), arguments, screen)


def _left_by_its_reader(screen: Screen) -> int:
    """Who reads an answer may have seen enough of it; a command that is cut off before it answers has failed.

    What is left in the buffers must not complain at exit.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    return int(ExitCode.OK if screen.answered else ExitCode.FAILURE)


def _told(error: PaybotError, arguments: Sequence[str], screen: Screen) -> int:
    if os.environ.get("PAYBOT_DEBUG") == "1":
        import traceback

        screen.note(traceback.format_exc())
    screen.fail(error)
    if _wants_json(arguments):
        from paybot_ops.render.envelope import Answer, to_json

        answer = Answer(
            command=_command(arguments), data=None, code=error.code, error=error, warnings=tuple(screen.warnings)
        )
        screen.answer_text(to_json(answer))
    return int(error.code)


def _unexpected(error: Exception) -> PaybotError:
    """Typer's own usage errors carry their exit code and message; anything else is a defect of paybot's."""
    if hasattr(error, "format_message"):
        hint = "see: paybot --help"
        context: Any = getattr(error, "ctx", None)
        if context is not None:
            hint = f"see: {context.command_path} --help"
        return UsageError(str(error.format_message()), hint=hint)
    if isinstance(error, OSError) and error.strerror and error.filename:
        return PaybotError(
            f"{error.filename} cannot be used", why=error.strerror, hint="check its permissions and the free space"
        )
    # The message of an unknown exception may quote anything, so only its type is shown.
    return PaybotError(
        f"paybot failed unexpectedly ({type(error).__name__})",
        why="this is a defect of paybot",
        hint="run it again with: paybot --debug …",
    )


def _command(arguments: Sequence[str]) -> str:
    """The command in a command line, as the table of commands has it: a group's with its subcommand."""
    words = [word for word in arguments if not word.startswith("-")]
    entry = next((entry for entry in COMMANDS if words and entry.name == words[0]), None)
    if entry is None:
        return "paybot"
    return " ".join(words[:2]) if entry.place.endswith(":app") else entry.name


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asked for JSON; it is read here again because it may be what could not be parsed."""
    return any(
        (word in ("-o", "--output") and value == "json") or word in ("--output=json", "-ojson")
        for word, value in pairwise([*arguments, ""])
    )


if __name__ == "__main__":
    main()
