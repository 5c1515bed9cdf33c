from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment_bot.masking import CARD_REMOVED, REMOVED, holds_details, mask_cards, mask_message

from tests.lambda_bot.bot_world import AMEX, VISA


def luhn(digits: str) -> bool:
    """The check as ISO/IEC 7812 words it, from the right; the bot's is written otherwise."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


@pytest.mark.parametrize(
    "written",
    [
        VISA,
        AMEX,
        "5555555555554444",
        "6011111111111117",
        "4222222222222",
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242 - 4242 - 4242 - 4242",
        "4242\n4242\n4242\n4242",
        "4242/4242/4242/4242",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "4242\u00a04242\u200b4242\u20114242",
        "".join(chr(ord("０") + int(digit)) for digit in VISA),  # full-width
        "".join(chr(ord("٠") + int(digit)) for digit in VISA),  # Arabic
        "\ufe0f\u20e3".join(VISA),  # keycap emoji
        "④②④②④②④②④②④②④②④②",
    ],
)
def test_a_card_number_goes_however_it_is_written(written: str) -> None:
    assert mask_cards(f"my card is {written}, please") == f"my card is {CARD_REMOVED}, please"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Can I pay the 120.50 of order 20391 on 12/2028?",
        "Call me at +44 7700 900123",
        "422222222222 1",  # thirteen digits, the check digit is wrong
        "4242 4242 and then 4242 4242",
        "SSN 123-45-6789",
        "💳 ✅ ½ שלום",
    ],
)
def test_numbers_that_are_no_cards_stay_in_what_the_bot_says(text: str) -> None:
    assert mask_cards(text) == text


@pytest.mark.parametrize("text", ["", "Is 12 enough? Or 7?", "one moment, no two", "💳 ✅ ½ שלום", "the one and only"])
def test_small_numbers_stay_in_what_a_customer_says(text: str) -> None:
    assert mask_message(text) == text


@pytest.mark.parametrize(
    "part",
    [
        "4242 4242",
        "4242",
        "424",
        "42-42",
        "4 2 4 2",
        "four two four two four two",
        "Four-Two-Four",
        "forty two forty two",
        "double four two",
        "vier zwei vier zwei",
        "cuatro dos cuatro",
        "４２４２",
        "٤٢٤٢",
        "④②④",
        "4\ufe0f\u20e32\ufe0f\u20e34",
        "four 2 four",
        "ｆｏｕｒ ｔｗｏ ｆｏｕｒ",
    ],
)
def test_what_may_be_half_a_card_number_goes_from_what_a_customer_says(part: str) -> None:
    assert mask_message(f"it is {part}, please") == f"it is {REMOVED}, please"


def test_where_a_security_code_is_due_no_digit_is_left() -> None:
    assert mask_message("is it 1 or 23, or four?", every_digit=True) == f"is it {REMOVED} or {REMOVED}, or {REMOVED}?"


@pytest.mark.parametrize("around", ["12 {} 123", "{}12/28123", "0{}0", "9{}"])
def test_digits_beside_a_card_number_do_not_hide_it(around: str) -> None:
    assert VISA not in mask_cards(around.format(VISA))


def test_the_security_code_beside_a_card_number_goes_too() -> None:
    assert mask_message(f"{VISA} exp 12/28 now 123") == f"{REMOVED} exp {REMOVED} now {REMOVED}"


@pytest.mark.parametrize("text", [VISA, "take 4242 4242 4242 4242", "cvv 123", "my security code is １２３"])
def test_card_details_are_noticed(text: str) -> None:
    assert holds_details(text)


@pytest.mark.parametrize("text", ["what is a cvv?", "order 20391", "4242 4242", ""])
def test_other_words_are_not_card_details(text: str) -> None:
    assert not holds_details(text)


@pytest.mark.parametrize("text", ["my CVV is 123", "cvc:1234", "Security code １２３", "123 is the verification value"])
def test_a_named_security_code_goes(text: str) -> None:
    masked = mask_message(text)

    assert REMOVED in masked
    assert not any(character.isdecimal() for character in masked)


def test_a_long_run_of_digits_is_quick_and_leaves_no_card_number() -> None:
    text = "4242424242424242" * 6_000

    assert mask_cards(text) == CARD_REMOVED


@settings(deadline=None)
@given(st.text(alphabet="0123456789０٣ -x\n", max_size=80))
def test_no_card_number_is_left_and_masking_again_changes_nothing(text: str) -> None:
    masked = mask_message(text)

    assert mask_message(masked) == masked
    for run in re.findall(r"(?:\d[ \n-]{0,3})+", masked):
        digits = "".join(str(int(character)) for character in run if character.isdecimal())
        windows = [digits[at : at + size] for size in range(13, 20) for at in range(len(digits) - size + 1)]
        assert not any(luhn(window) for window in windows)
        assert len(digits) < 3


@settings(deadline=None)
@given(st.text(), st.text())
def test_a_card_number_between_any_two_texts_goes(before: str, after: str) -> None:
    assert VISA not in mask_message(before + VISA + after)


def test_a_guardrail_is_left_the_social_security_number_that_it_is_to_stop() -> None:
    text = "my SSN is 123-45-6789"
    assert mask_message(text) == f"my SSN is {REMOVED}"
    assert mask_message(text, spare_identity=True) == text
    assert mask_message(text, spare_identity=True, every_digit=True) == f"my SSN is {REMOVED}"


def test_nothing_else_is_left_to_it() -> None:
    for text in ("4242-42-4242 4242", "123-45-6789-1", "1 123-45-6789", "123 45 6789", "123456789", VISA):
        assert mask_message(text, spare_identity=True) == mask_message(text)
