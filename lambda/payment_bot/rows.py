"""A conversation as a map of DynamoDB's, and back. What is here is all that the table ever holds of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from payment_bot.dialogue.cards import Brand
from payment_bot.dialogue.expiry import Expiry
from payment_bot.dialogue.state import Conversation, Exchange, HeldCard, SavedCard, Step

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

    Item = dict[str, UniversalAttributeValueTypeDef]


def conversation_item(conversation: Conversation) -> Item:
    """Write a conversation; what it does not have is left out."""
    item: Item = {
        "step": {"S": conversation.step},
        "refused_codes": {"N": str(conversation.refused_codes)},
        "attempt": {"N": str(conversation.attempt)},
        "history": {
            "L": [{"M": {"customer": {"S": line.customer}, "bot": {"S": line.bot}}} for line in conversation.history]
        },
    }
    if conversation.name:
        item["name"] = {"S": conversation.name}
    if conversation.pending:
        item["pending"] = {"S": conversation.pending}
    if conversation.card is not None:
        item["card"] = {"M": _card_item(conversation.card)}
    if conversation.expiry is not None:
        item["expiry"] = {"S": f"{conversation.expiry.year}-{conversation.expiry.month:02d}"}
    if (saved := conversation.saved) is not None:
        item["saved"] = {
            "M": {"token": {"S": saved.token}, "brand": {"S": saved.brand}, "last4": {"S": saved.last_four}}
        }
    return item


def conversation_from(item: Mapping[str, Any]) -> Conversation:
    """Read a conversation; raises KeyError, TypeError or ValueError for what is not one."""
    return Conversation(
        step=Step(item["step"]["S"]),
        name=_text(item, "name"),
        card=_card(item["card"]["M"]) if "card" in item else None,
        expiry=_expiry(item["expiry"]["S"]) if "expiry" in item else None,
        refused_codes=int(item["refused_codes"]["N"]),
        attempt=int(item["attempt"]["N"]),
        pending=_text(item, "pending"),
        saved=_saved(item["saved"]["M"]) if "saved" in item else None,
        history=tuple(Exchange(row["M"]["customer"]["S"], row["M"]["bot"]["S"]) for row in item["history"]["L"]),
    )


def _card_item(card: HeldCard) -> Item:
    item: Item = {
        "sealed": {"B": card.sealed},
        "digits": {"N": str(card.digits)},
        "until": {"N": str(card.until)},
    }
    if card.brand is not None:
        item["brand"] = {"S": card.brand}
    if card.last_four:
        item["last4"] = {"S": card.last_four}
    return item


def _card(item: Mapping[str, Any]) -> HeldCard:
    return HeldCard(
        sealed=bytes(item["sealed"]["B"]),
        digits=int(item["digits"]["N"]),
        brand=Brand(item["brand"]["S"]) if "brand" in item else None,
        last_four=_text(item, "last4"),
        until=int(item["until"]["N"]),
    )


def _saved(item: Mapping[str, Any]) -> SavedCard:
    return SavedCard(item["token"]["S"], item["brand"]["S"], item["last4"]["S"])


def _expiry(text: str) -> Expiry:
    year, month = text.split("-")
    return Expiry(int(month), int(year))


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item[name]["S"]) if name in item else ""
