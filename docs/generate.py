"""Writes docs/commands.md from the CLI's own help: `make docs`. A test compares the page with the CLI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from paybot_ops.cli import app

PAGE = Path(__file__).with_name("commands.md")

_HEAD = """\
# Commands

What `paybot --help` and each command's `--help` say. Made by `make docs`.
"""


def page() -> str:
    """The whole page."""
    os.environ |= {"COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    root = typer.main.get_command(app)
    return "\n".join([_HEAD, *_sections(root, "paybot", None)])


def _sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = command.make_context(name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True)
    # A width of its own: help must not depend on the terminal of whoever makes the page.
    context.terminal_width = context.max_content_width = 100
    yield f"## {name}\n\n```\n{command.get_help(context).rstrip()}\n```\n"
    for child in sorted(command.list_commands(context)) if hasattr(command, "list_commands") else ():
        yield from _sections(command.get_command(context, child), f"{name} {child}", context)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
