"""What a request asks for: Stripe's form encoding, checked against the types that Stripe generated for its own SDK."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from paybot_ops.sandbox.stripe_errors import StripeError

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")

# The SDK's own list form (`expand[0]`) and the one that the documentation's curl examples use (`expand[]`).
_APPEND = ""


def parse_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][c]=d` as nested dicts; a list keeps its positions as keys, because only its type says that it is one.

    Raises:
        StripeError: a name that is no parameter's.
    """
    parsed: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            raise StripeError(400, "Invalid parameter name.", code="parameter_unknown")
        path = [match[1], *_PART.findall(match[2])]
        holder = parsed
        for part in path[:-1]:
            inner = holder.setdefault(_position(holder, part), {})
            if not isinstance(inner, dict):
                raise StripeError(400, "Invalid hash", param=match[1])
            holder = inner
        holder[_position(holder, path[-1])] = value
    return parsed


def _position(holder: dict[str, Any], part: str) -> str:
    return str(len(holder)) if part == _APPEND else part


def parameters_type(name: str) -> type:
    """The SDK's type of an operation's parameters, for instance `SetupIntentCreateParams`."""
    import stripe.params
    import stripe.params.checkout

    home: Any = stripe.params.checkout if name.startswith("Session") else stripe.params
    found: type = getattr(home, name)
    return found


def check(params: dict[str, Any], expected: type) -> dict[str, Any]:
    """The parameters as Python values.

    Raises:
        StripeError: one that the type does not know, is required and absent, or has another form.
    """
    return _mapping(params, expected, "")


def _mapping(params: dict[str, Any], expected: Any, path: str) -> dict[str, Any]:
    known = _names(expected)
    for name in params:
        if name not in known:
            where = _below(path, name)
            raise StripeError(400, f"Received unknown parameter: {where}", code="parameter_unknown", param=where)
    for name in sorted(expected.__required_keys__ & known):
        if name not in params:
            where = _below(path, name)
            raise StripeError(400, f"Missing required param: {where}.", code="parameter_missing", param=where)
    return {name: _value(value, _members(expected, name), _below(path, name)) for name, value in params.items()}


def _value(value: Any, members: tuple[Any, ...], path: str) -> Any:
    if not isinstance(value, dict):
        return _scalar(value, members, path)
    for member in members:
        if hasattr(member, "__required_keys__"):
            return _mapping(value, member, path)
        if get_origin(member) is list:
            inner = _flat(get_args(member)[0])
            return [_value(value[key], inner, f"{path}[{key}]") for key in sorted(value, key=_ordinal)]
        if get_origin(member) is dict:
            return {str(key): _scalar(item, (str,), f"{path}[{key}]") for key, item in value.items()}
    raise StripeError(400, f"Invalid string: {path} must be a value, not a hash or a list.", param=path)


def _scalar(value: Any, members: tuple[Any, ...], path: str) -> Any:
    words = {word for member in members if get_origin(member) is Literal for word in get_args(member)}
    if value == "" and "" not in words:
        # An empty text unsets a parameter, and only those whose type says so can be unset.
        message = f"You passed an empty string for '{path}', which cannot be unset."
        raise StripeError(400, message, code="parameter_invalid_empty", param=path)
    if words or str in members:
        return value
    if int in members:
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise StripeError(400, f"Invalid integer: {path}", code="parameter_invalid_integer", param=path)
        return int(value)
    if bool in members:
        if value not in ("true", "false"):
            raise StripeError(400, f"Invalid boolean: {path}", param=path)
        return value == "true"
    if any(get_origin(member) is list for member in members):
        raise StripeError(400, "Invalid array", param=path)
    if any(get_origin(member) is dict or hasattr(member, "__required_keys__") for member in members):
        raise StripeError(400, "Invalid object", param=path)
    return value


def _below(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _ordinal(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdecimal() else (sys.maxsize, key)


@lru_cache(maxsize=256)
def _names(expected: Any) -> frozenset[str]:
    """The wire's parameters: the SDK's own options (api_key, idempotency_key, …) travel in headers."""
    from stripe import RequestOptions

    own = set(RequestOptions.__annotations__) if "api_key" in expected.__annotations__ else set()
    return frozenset(set(expected.__annotations__) - own)


@lru_cache(maxsize=1024)
def _members(expected: Any, name: str) -> tuple[Any, ...]:
    # One at a time: the options of the SDK's base class refer to names that its modules do not import.
    holder = type("Holder", (), {"__annotations__": {name: expected.__annotations__[name]}})
    return _flat(get_type_hints(holder, vars(sys.modules[expected.__module__]))[name])


def _flat(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(member for part in get_args(hint) for member in _flat(part))
    return (hint,)
