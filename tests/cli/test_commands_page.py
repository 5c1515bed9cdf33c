"""docs/commands.md says what the CLI says, and every command shows an example."""

from __future__ import annotations

import runpy
from typing import Any

import pytest
import typer

from paybot_ops.cli import app
from paybot_ops.commands import COMMANDS
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is made at a width of its own, which no other test may inherit."""
    for name in ("COLUMNS", "TERMINAL_WIDTH"):
        monkeypatch.setenv(name, "100")


def generated() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs/generate.py"))


def test_the_page_is_what_the_cli_says() -> None:
    module = generated()
    assert module["PAGE"].read_text(encoding="utf-8") == module["page"](), "run: make docs"


def test_every_command_shows_an_example() -> None:
    sections = generated()["page"]().split("\n## ")[1:]
    leaves = [text for text in sections if "Commands:" not in text]
    assert leaves
    assert [text.partition("\n")[0] for text in leaves if "Example: paybot " not in text] == []


def test_the_root_s_list_says_what_each_command_says_of_itself() -> None:
    root = typer.main.get_command(app)
    context = root.make_context("paybot", [], resilient_parsing=True)
    for entry in COMMANDS:
        found = root.get_command(context, entry.name)  # type: ignore[attr-defined]
        assert found.help.strip().splitlines()[0] == entry.summary, entry.name
