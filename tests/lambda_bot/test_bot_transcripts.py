"""Whole conversations, as files that can be read from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lambda_bot.bot_world import World
from tests.lambda_bot.transcript import play, read

FILES = sorted(Path(__file__).with_name("transcripts").glob("*.txt"))
CARD = re.compile(r"(?:\d[ -]?){13,19}")


def test_there_are_transcripts() -> None:
    assert len(FILES) >= 16


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_the_bot_says_and_remembers_what_is_written(file: Path, world: World) -> None:
    written = file.read_text(encoding="utf-8")

    played, after = play(read(written), world.table)

    assert played == written
    assert_nothing_leaked(written, after)


def assert_nothing_leaked(written: str, after: World) -> None:
    """No number that a customer wrote is in the table in clear, in a question to the model, or in a log line."""
    left = re.sub(r"[\s-]", "", repr((after.rows(), after.wire.requests, after.journal.lines, after.stripe.keys())))
    customer = [line for line in written.splitlines() if line.startswith("customer: ")]
    numbers = {re.sub(r"\D", "", found) for line in customer for found in CARD.findall(line)}
    assert not [number for number in numbers if number in left]


def test_that_search_finds_a_number_that_is_there(world: World) -> None:
    world.journal.info("4242 4242 4242 4242")

    with pytest.raises(AssertionError):
        assert_nothing_leaked("customer: 4242424242424242", world)
