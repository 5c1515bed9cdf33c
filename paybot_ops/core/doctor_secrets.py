"""Secrets where none belong: Stripe's keys and card numbers in a file or a state. Their values are never passed on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paybot_ops.core.card_numbers import find_brand
from paybot_ops.core.stripe_keys import KEY_ALONE, Mode, find_key

# What a key of Stripe's and a webhook's secret have at least; what is shorter stands for one in an example.
_SHORTEST_KEY, _SHORTEST_WEBHOOK = 12, 16
# A run of digits, alone or in groups as on a card, that is no part of a longer word or number.
_NUMBER = re.compile(r"(?<![\w.+/=-])\d(?:[ -]?\d){12,18}(?![\w+/=-]|\.\d)")
# Published numbers that are no customer's (Stripe: Testing). Those that begin with 400000 are test numbers too.
_PUBLISHED = frozenset(
    [
        "4242424242424242",
        "4111111111111111",
        "4012888888881881",
        "5555555555554444",
        "2223003122003222",
        "5200828282828210",
        "5105105105105100",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "6011000990139424",
        "6011981111111113",
        "3056930009020004",
        "36227206271667",
        "6555900000604105",
        "3566002020360505",
        "6200000000000005",
        "6200000000000047",
        "4000056655665556",
    ]
)

# An attribute's way is cut here: a state from elsewhere may be nested without end.
_LONGEST_WAY = 200


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that stands where it does not belong: the place, and what it is. `grave`: it could cost money."""

    place: str
    kind: str
    grave: bool = True


def leaks_in_text(text: str, name: str) -> tuple[Leak, ...]:
    """What stands in a file, by its line."""
    return tuple(
        Leak(f"{name}:{number}", kind, grave)
        for number, line in enumerate(text.splitlines(), 1)
        for kind, grave in dict.fromkeys(_kinds(line))
    )


def leaks_in_state(document: Mapping[str, Any]) -> tuple[Leak, ...]:
    """What stands in a state, by the resource's address and the attribute, or by the output."""
    found = dict.fromkeys(
        Leak(place, kind, grave) for place, text in _texts_of_state(document) for kind, grave in _kinds(text)
    )
    return tuple(found)


def _kinds(text: str) -> Iterator[tuple[str, bool]]:
    for match in KEY_ALONE.finditer(text):
        yield from _kinds_of_key(match)
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"[ -]", "", match[0])
        brand = find_brand(digits)
        if brand is not None:
            published = digits in _PUBLISHED or digits.startswith("400000")
            yield (f"a published test number of {brand}" if published else f"a card number ({brand})", not published)


def _kinds_of_key(match: re.Match[str]) -> Iterator[tuple[str, bool]]:
    if match[1] == "whsec_":
        if len(match[0]) - len(match[1]) >= _SHORTEST_WEBHOOK:
            yield ("a webhook's signing secret of Stripe's", True)
        return
    # An API key is one word; what follows it is of another thing.
    text = re.split(r"[+/=-]", match[0], maxsplit=1)[0]
    if len(text) - len(match[1]) < _SHORTEST_KEY:
        return
    key = find_key(text)
    if key is None:
        yield ("a key of Stripe's", True)
    else:
        yield (f"Stripe's {key.kind} key {key.shown}", key.mode is Mode.LIVE)


def _texts_of_state(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    outputs = document.get("outputs")
    for name, item in outputs.items() if isinstance(outputs, Mapping) else ():
        value = item.get("value") if isinstance(item, Mapping) else item
        yield from _walked(value, f"output {name}")
    for item in document.get("resources") or ():
        if isinstance(item, Mapping):
            yield from _texts_of_resource(item)


def _texts_of_resource(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    data = "data." if item.get("mode") == "data" else ""
    base = ".".join(
        part for part in (item.get("module") or "", f"{data}{item.get('type')}", str(item.get("name"))) if part
    )
    for instance in item.get("instances") or ():
        if isinstance(instance, Mapping):
            key = instance.get("index_key")
            address = base if key is None else f"{base}[{json.dumps(key)}]"
            yield from _walked(instance.get("attributes"), f"{address} ")


def _walked(value: Any, address: str) -> Iterator[tuple[str, str]]:
    """Every text and number below a value, with the way to it; a list that grows, and no recursion: it may be deep."""
    waiting = [(value, "")]
    for item, way in waiting:
        if isinstance(item, Mapping):
            waiting += [(below, _further(way, f".{name}" if way else str(name))) for name, below in item.items()]
        elif isinstance(item, list):
            waiting += [(below, _further(way, f"[{number}]")) for number, below in enumerate(item)]
        elif isinstance(item, str) or (isinstance(item, int) and not isinstance(item, bool)):
            yield f"{address}{way}".rstrip(), str(item)


def _further(way: str, step: str) -> str:
    return way if len(way) > _LONGEST_WAY else way + step
