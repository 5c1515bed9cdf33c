"""A Typer group that imports a command when it is run: `--help` and `--version` cost what Typer itself costs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from paybot_ops.commands import COMMANDS, Entry


class LazyGroup(TyperGroup):
    """The root's commands, from their table."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Typer suggests a mistyped command from these names; the commands themselves come from get_command.
        self.commands = dict.fromkeys((entry.name for entry in COMMANDS), typer.core.TyperCommand(None))

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- Typer's signature
        """The names, in the order of the table."""
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command, imported now; None for a name that is not in the table."""
        return next((_load(entry) for entry in COMMANDS if entry.name == cmd_name), None)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The list in the root's help."""
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.summary) for entry in COMMANDS])


def _load(entry: Entry) -> Any:
    module, _, attribute = entry.place.partition(":")
    found = getattr(import_module(f"paybot_ops.commands.{module}"), attribute)
    # A root of its own, with this one's settings: Typer hands them down to what is added to it.
    root = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        root.add_typer(found, name=entry.name)
    else:
        root.command(entry.name)(found)
    return typer.main.get_group(root).commands[entry.name]
