from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payment_bot.dialogue.cards import Brand, CardNumber, Flaw, brand_of, find_card, has_luhn, judge, read_code
from payment_bot.dialogue.expiry import BadExpiry, Expiry, is_past, read_expiry
from payment_bot.dialogue.names import read_name

from tests.lambda_bot.bot_world import AMEX, NOW, VISA

# Stripe's documentation, "Test card numbers".
PUBLISHED = [
    (Brand.VISA, "4242424242424242"),
    (Brand.VISA, "4000056655665556"),
    (Brand.VISA, "4222222222222"),
    (Brand.MASTERCARD, "5555555555554444"),
    (Brand.MASTERCARD, "2223003122003222"),
    (Brand.MASTERCARD, "5200828282828210"),
    (Brand.AMEX, "378282246310005"),
    (Brand.AMEX, "371449635398431"),
    (Brand.DISCOVER, "6011111111111117"),
    (Brand.DISCOVER, "6011981111111113"),
    (Brand.DINERS, "3056930009020004"),
    (Brand.DINERS, "36227206271667"),
    (Brand.JCB, "3566002020360505"),
    (Brand.UNIONPAY, "6200000000000005"),
    (Brand.UNIONPAY, "6205500000000000004"),
]


@pytest.mark.parametrize(("brand", "digits"), PUBLISHED)
def test_a_number_is_its_brands(brand: Brand, digits: str) -> None:
    assert judge(digits) == CardNumber(digits, brand)


@pytest.mark.parametrize(
    ("digits", "flaw"),
    [
        ("4242424242424241", Flaw.MISTYPED),
        ("42424242424242424", Flaw.MISTYPED),
        ("424242424242", Flaw.TOO_SHORT),
        ("4", Flaw.TOO_SHORT),
        ("3", Flaw.TOO_SHORT),
        ("5555555555554444000", Flaw.TOO_LONG),
        ("3782822463100050", Flaw.TOO_LONG),
        ("9999999999999995", Flaw.UNKNOWN_BRAND),
        ("0000000000000000", Flaw.UNKNOWN_BRAND),
        ("3622720627166", Flaw.TOO_SHORT),
    ],
)
def test_other_digits_are_told_apart(digits: str, flaw: Flaw) -> None:
    assert judge(digits) is flaw


@pytest.mark.parametrize(
    ("written", "digits", "rest"),
    [
        (VISA, VISA, ""),
        ("4242 4242 4242 4242", VISA, ""),
        ("4242-4242-4242-4242 12/28", VISA, "12/28"),
        ("card: 3782 822463 10005, exp 03/29", AMEX, "card: , exp 03/29"),
        ("my number is 4242.4242.4242.4242!", VISA, "my number is !"),
        ("4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2", VISA, ""),
        ("４２４２４２４２４２４２４２４２", VISA, ""),
        ("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", VISA, ""),
        ("6205 5000 0000 0000 004", "6205500000000000004", ""),
    ],
)
def test_a_number_is_found_however_it_is_written(written: str, digits: str, rest: str) -> None:
    found = find_card(written)

    assert found is not None
    assert (found[0].digits, " ".join(found[1].split())) == (digits, rest)


@pytest.mark.parametrize(
    "text", ["", "12/28", "4242 4242 4242", "4242424242424241", "call +44 7700 900123", "no digits"]
)
def test_no_number_is_found_where_none_is(text: str) -> None:
    assert find_card(text) is None


def test_a_number_is_in_no_repr() -> None:
    assert VISA not in repr((judge(VISA), find_card(VISA)))


@given(st.text(alphabet="0123456789", min_size=1, max_size=18))
def test_one_check_digit_fits_any_digits(digits: str) -> None:
    assert sum(has_luhn(digits + str(check)) for check in range(10)) == 1


@given(st.text(alphabet="0123456789", min_size=1, max_size=25))
def test_any_digits_are_a_card_or_flawed(digits: str) -> None:
    found = judge(digits)

    assert found.digits == digits and has_luhn(digits) if isinstance(found, CardNumber) else isinstance(found, Flaw)


def test_the_brand_shows_early() -> None:
    assert [brand_of(part) for part in ("4", "34", "55", "6", "99", "2720", "2721", "2221", "2220")] == [
        Brand.VISA, Brand.AMEX, Brand.MASTERCARD, None, None, Brand.MASTERCARD, None, Brand.MASTERCARD, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["123", " 123 ", "123.", "cvv 123", "My CVC is 123", "code: 123", "１２３", "it's 123"]
)
def test_a_security_code_is_read(text: str) -> None:
    assert read_code(text, Brand.VISA) == "123"


@pytest.mark.parametrize(
    "text",
    ["12", "1234", "12345", "1 2 3", "12/28", "123 456", "abc", "", "123 main street", "not 123", " " * 5_000 + "1"],
)
def test_nothing_else_is_a_visas_security_code(text: str) -> None:
    assert read_code(text, Brand.VISA) is None


def test_american_express_has_four_digits() -> None:
    assert read_code("1234", Brand.AMEX) == "1234"
    assert read_code("123", Brand.AMEX) is None


@pytest.mark.parametrize(
    ("text", "month", "year"),
    [
        ("12/28", 12, 2028),
        ("12/2028", 12, 2028),
        ("12-28", 12, 2028),
        ("1/30", 1, 2030),
        ("01 / 30", 1, 2030),
        ("09.2029", 9, 2029),
        ("09 29", 9, 2029),
        ("0929", 9, 2029),
        ("092029", 9, 2029),
        ("2029-09", 9, 2029),
        ("March 2028", 3, 2028),
        ("mar 28", 3, 2028),
        ("Sept. 2030", 9, 2030),
        ("november '28", 11, 2028),
        ("it expires 12/28, thanks", 12, 2028),
        ("１２/２８", 12, 2028),
        ("01/2027", 1, 2027),
        ("01/2047", 1, 2047),
    ],
)
def test_a_date_is_read(text: str, month: int, year: int) -> None:
    assert read_expiry(text, NOW) == Expiry(month, year)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("soon", BadExpiry.UNREADABLE),
        ("", BadExpiry.UNREADABLE),
        ("01/12/2028", BadExpiry.UNREADABLE),
        ("12/28 or 01/29", BadExpiry.UNREADABLE),
        ("12/20285", BadExpiry.UNREADABLE),
        ("12", BadExpiry.UNREADABLE),
        ("13/28", BadExpiry.NO_SUCH_MONTH),
        ("00/28", BadExpiry.NO_SUCH_MONTH),
        ("12/26", BadExpiry.PAST),
        ("12/2026", BadExpiry.PAST),
        ("12/1999", BadExpiry.PAST),
        ("02/2047", None),
        ("01/2048", BadExpiry.ABSURD),
        ("12/2099", BadExpiry.ABSURD),
        ("12/9999", BadExpiry.ABSURD),
    ],
)
def test_no_date_that_a_card_cannot_have(text: str, why: BadExpiry | None) -> None:
    assert read_expiry(text, NOW) == (why or Expiry(2, 2047))


def test_a_card_is_valid_until_its_month_has_ended_everywhere() -> None:
    ends = int(datetime(2027, 2, 1, 12, tzinfo=UTC).timestamp())

    assert not is_past(Expiry(1, 2027), ends - 1)
    assert is_past(Expiry(1, 2027), ends)
    assert not is_past(Expiry(12, 2027), ends)
    assert is_past(Expiry(12, 2026), ends)


@given(st.text(max_size=200))
def test_any_text_is_a_date_or_not(text: str) -> None:
    assert isinstance(read_expiry(text, NOW), Expiry | BadExpiry)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("my name is Ada Lovelace", "Ada Lovelace"),
        ("The name on the card is Ada Lovelace.", "Ada Lovelace"),
        ("It's Nolan  Stopford", "Nolan Stopford"),
        ("Hi, I'm Jean-Luc O’Neill", "Jean-Luc O'Neill"),
        ("María José Núñez", "María José Núñez"),
        ("李小龙", "李小龙"),
        ("עדה לאבלייס", "עדה לאבלייס"),
        ("Dr. A. N. Other", "Dr. A. N. Other"),
        ("November May", "November May"),
    ],
)
def test_a_name_is_read(text: str, name: str) -> None:
    assert read_name(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "A", "4242 4242", "Ada 2", "hello", "yes please", "I want to pay", "a" * 61, "one two six ten bar foo baz",
     "Ada\u202eecalevoL", "<b>Ada</b>", "Ada 💳", "https://x.example", "can you help me with this"],
)  # fmt: skip
def test_what_is_no_name_is_none(text: str) -> None:
    assert read_name(text) is None
