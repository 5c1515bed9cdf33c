"""Card numbers and Stripe's keys go, however they are written; what a log says of itself stays."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paybot_ops.core.card_masking import CARD_REMOVED, DIGIT, KEY_REMOVED, masked
from paybot_ops.core.customer_words import masked_customer

# Stripe's documentation, "Test card numbers".
CARDS = [
    "4242424242424242",
    "4000000000000002",
    "378282246310005",
    "6011111111111117",
    "5555555555554444",
    "2223003122003222",
    "30569309025904",
    "6205500000000000004",
]


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("between", ["", " ", "-", " - ", "/", "\n", "\u200b", "', '", '",\n    "'])
def test_a_card_number_goes_however_it_is_grouped(card: str, between: str) -> None:
    grouped = between.join(card[place : place + 4] for place in range(0, len(card), 4))
    assert masked(f"card {grouped}, thanks") == f"card {CARD_REMOVED}, thanks"


@pytest.mark.parametrize("zero", ["０", "٠", "०", "𝟎"])
def test_digits_of_any_script_also_where_json_escapes_them(zero: str) -> None:
    card = "".join(chr(ord(zero) + int(digit)) for digit in CARDS[0])
    assert masked(card) == CARD_REMOVED
    for ascii_only in (True, False):
        message = json.dumps({"message": f"x {card} y", "n": 1}, ensure_ascii=ascii_only)
        assert json.loads(masked(message)) == {"message": f"x {CARD_REMOVED} y", "n": 1}


def test_a_number_in_pieces_of_a_json_list() -> None:
    assert json.loads(masked(json.dumps({"a": ["4242", "4242", "4242", "4242"]}))) == {"a": [CARD_REMOVED]}
    assert json.loads(masked(json.dumps({"a": "4242\n4242\t4242 4242"}))) == {"a": CARD_REMOVED}


def test_the_other_digits_are_all_that_unicode_knows() -> None:
    digit = re.compile(DIGIT)
    every = map(chr, range(0x110000))
    assert [one for one in every if (unicodedata.digit(one, None) is not None) != bool(digit.match(one))] == []


PREFIXES = ["sk_live_", "rk_live_", "sk_test_", "rk_test_", "sk_org_", "whsec_"]


@pytest.mark.parametrize("key", PREFIXES)
def test_stripe_s_keys_go(key: str) -> None:
    assert masked(f'"{key}{"a1B2" * 6}"') == f'"{key}[key removed]"'


@pytest.mark.parametrize("before", ["\n", "\t", '"', "\r", "\x01", "=", "\n\n", "x", "%0A"])
@pytest.mark.parametrize("key", PREFIXES)
def test_a_key_goes_also_where_an_escape_of_json_stands_before_it(key: str, before: str) -> None:
    text = f"said{before}{key}{'a1B2' * 6}.{before}end"
    message = json.dumps({"message": text, "n": 1}).replace('\\"', "\\u0022")
    assert json.loads(masked(message)) == {"message": text.replace("a1B2" * 6, KEY_REMOVED), "n": 1}
    assert "a1B2" not in masked(json.dumps({"twice": message}))


def test_a_key_goes_to_its_end() -> None:
    assert masked("whsec_abcdefgh+CD/EF= ok") == f"whsec_{KEY_REMOVED} ok"
    for escaped in (r"whsec_abcdefgh+CD\/EF=", r"whsec_abcdefgh\u002bCD\/EF=", r"whsec\u005fabcdefgh+CD/EF="):
        masks = masked(f'{{"a": "{escaped}"}}')
        assert [part for part in ("abcdefgh", "CD", "EF", "=") if part in masks] == []
    assert masked(r"C:\rk_live_abcdefgh12") == rf"C:\rk_live_{KEY_REMOVED}"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24 10:40:00,123+0000",
        "2026-11-24T10:40:00.123456789Z 2026-11-24 10:40:01.4",
        '{"Timestamp": 1795517733885, "x": 1795517733886}',
        "1-67430000-012345678901234567890123",
        "12345678-1234-4234-8234-123456789012",
        "a" * 40 + "424242424242",
        "",
    ],
)
def test_what_a_log_says_of_itself_stays(text: str) -> None:
    assert masked(text) == text


@given(st.text(alphabet="0123456789 -,.\"':\\nuafé٠", max_size=80), st.sampled_from(CARDS), st.text(max_size=20))
@settings(max_examples=150, deadline=None)
def test_no_text_around_a_number_saves_it(before: str, card: str, after: str) -> None:
    assert card not in masked(f"{before}x {card} x{after}")


def test_a_long_run_of_digits_costs_no_more_than_its_length() -> None:
    assert CARD_REMOVED in masked("4" * 200_000)


@pytest.mark.parametrize(
    ("text", "shown", "code_shown"),
    [
        ("4242 4242 4242 4242", "•••• 4242", "•••• •••• •••• ••••"),
        ("4242424242424242 123", "•••", "•••••••••••••••• •••"),
        ("4242424242424243", "•••", "••••••••••••••••"),
        ("378282246310005", "•••• 0005", "•••••••••••••••"),
        ("42 42 42", "•••", "•• •• ••"),
        ("12/29", "12/29", "••/••"),
        ("12 / 2029", "12 / 2029", "•• / ••••"),
        ("12/29 123", "•••", "••/•• •••"),
        ("four two four two", "•••", "••• ••• ••• •••"),
        ("it is 7", "it is 7", "it is •"),
        ("eins zwei", "eins zwei", "••• •••"),
        ("Ada Lovelace", "Ada Lovelace", "Ada Lovelace"),
        ("４２４２", "•••", "••••"),
    ],
)
def test_a_customer_s_words(text: str, shown: str, code_shown: str) -> None:
    assert masked_customer(text) == shown
    assert masked_customer(text, code_is_due=True) == code_shown
