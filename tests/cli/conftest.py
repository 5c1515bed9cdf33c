"""The command line for every test here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.paybot_world import Paybot


@pytest.fixture
def paybot(tmp_path: Path) -> Paybot:
    """The command line in an empty folder."""
    return Paybot(tmp_path)
