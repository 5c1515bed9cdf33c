"""A value as HCL spells it."""

from __future__ import annotations

import re
from decimal import Decimal

from paybot_ops.core.hcl.decoding import normalize, number_text
from paybot_ops.core.hcl.values import Literal

_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_RESERVED_KEYS = frozenset({"for", "true", "false", "null"})
_SPECIAL = re.compile(r"""["\\\x00-\x1f\x7f-\x9f]|[$%](?=\{)""")
_ESCAPES = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t", "$": "$$", "%": "%%"}


def render_value(value: Literal) -> str:
    """A literal on one line, so that reading it back gives the same value.

    Raises `ValueError` for what HCL cannot hold: a number that is not finite, half of a surrogate pair.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return render_string(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(render_value, value)) + "]"
    if isinstance(value, dict):
        items = [f"{_render_key(key)} = {render_value(item)}" for key, item in value.items()]
        return "{ " + ", ".join(items) + " }" if items else "{}"
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("HCL has no number that is not finite")
    return number_text(value) if isinstance(value, int) else str(value)


def render_string(text: str) -> str:
    """A quoted string; `${` and `%{` are escaped, so that nothing in it is a template."""
    text = normalize(text)
    text.encode()
    return '"' + _SPECIAL.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    return _ESCAPES.get(letter) or f"\\u{ord(letter):04x}"


def _render_key(key: str) -> str:
    bare = _BARE_KEY.fullmatch(key) and key not in _RESERVED_KEYS
    return key if bare else render_string(key)
