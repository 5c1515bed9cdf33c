"""docs/commands.md says what the CLI says, and every command shows an example."""

from __future__ import annotations

import runpy
from typing import Any

from tests.conftest import ROOT


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
