"""The terminal: what is asked, what is drawn, and what never reaches it."""

from __future__ import annotations

import io

import pytest
from rich.table import Table
from rich.text import Text

from paybot_ops.errors import ConfirmationError, PaybotError
from paybot_ops.render.deployment import outputs_text
from paybot_ops.screen import Screen

ATTACK = "\x1b]0;owned\x07\x1b[2J\x9b31m\ud800 [/a] :secret:"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def screen(answer: str = "") -> tuple[Screen, io.StringIO, Terminal]:
    out, err = io.StringIO(), Terminal()
    return Screen(stdout=out, stderr=err, stdin=Terminal(answer)), out, err


@pytest.mark.parametrize("answer", ["y\n", "YES\n"])
def test_a_yes_goes_on(answer: str) -> None:
    asked, _out, err = screen(answer)
    asked.confirm("apply?", yes=False)
    assert "apply? [y/N]" in err.getvalue()


@pytest.mark.parametrize("answer", ["\n", "n\n", "yesterday\n", ""])
def test_anything_else_declines(answer: str) -> None:
    asked, _out, _err = screen(answer)
    with pytest.raises(ConfirmationError, match="declined"):
        asked.confirm("apply?", yes=False)


def test_the_name_must_be_typed_in_full() -> None:
    asked, _out, _err = screen("bot-dev\n")
    asked.confirm_typed("destroys", "bot-dev", yes=False)
    for wrong in ("y\n", "bot\n", "bot-dev2\n"):
        asked, _out, _err = screen(wrong)
        with pytest.raises(ConfirmationError):
            asked.confirm_typed("destroys", "bot-dev", yes=False)


def test_without_a_terminal_nobody_is_asked() -> None:
    asked = Screen(stdout=io.StringIO(), stderr=io.StringIO(), stdin=io.StringIO("y\n"))
    with pytest.raises(ConfirmationError, match="not confirmed"):
        asked.confirm("apply?", yes=False)
    asked.confirm("apply?", yes=True)


def test_no_text_from_outside_reaches_the_terminal_as_a_command_or_as_markup() -> None:
    drawn, out, err = screen()
    drawn.note(ATTACK)
    drawn.warn(ATTACK)
    drawn.fail(PaybotError(ATTACK, why=ATTACK, hint=ATTACK, details=(ATTACK,)))
    drawn.answer(ATTACK)
    table = Table()
    table.add_column("x")
    table.add_row(ATTACK)
    drawn.draw_aside(table)
    drawn.draw_aside(Text(ATTACK))
    for text in (out.getvalue(), err.getvalue()):
        assert "owned" in text
        assert "\x1b]" not in text
        assert "\x1b[2J" not in text
        assert "\x9b" not in text
        assert "\x07" not in text
        assert "[/a]" in text
        assert ":secret:" in text


def test_an_output_is_shown_whole_and_as_it_is() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + "x" * 200
    assert outputs_text({"stripe_secret_arn": arn, "n": None}) == f"n                  –\nstripe_secret_arn  {arn}"
