"""Our reader against python-hcl2, an independent one, on everything that both can read."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import hcl2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paybot_ops.core.hcl.reading import read_assignments, read_variables
from paybot_ops.core.hcl.values import NotLiteral
from tests.conftest import ROOT

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in ("true", "false", "null", "for", "if", "in", "else", "endif", "endfor")
)
TEXTS = st.text("abc XYZ019_-./:@é", max_size=12)
SCALARS = TEXTS | st.booleans() | st.integers(0, 10**9) | st.none()
VALUES = SCALARS | st.lists(SCALARS, max_size=4) | st.dictionaries(NAMES, SCALARS, max_size=3)


def unquoted(value: Any) -> Any:
    """python-hcl2 leaves the quotes on a string; what is no literal it gives as `${…}`."""
    if isinstance(value, str):
        return json.loads(value) if value.startswith('"') else value
    if isinstance(value, list):
        return [unquoted(item) for item in value]
    if isinstance(value, dict):
        return {unquoted(name): unquoted(item) for name, item in value.items()}
    return value


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_both_read_the_same_values(values: dict[str, Any]) -> None:
    text = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
    assert read_assignments(text) == {name: unquoted(value) for name, value in hcl2.loads(text).items()} == values


@pytest.mark.parametrize("path", sorted((ROOT / "terraform").glob("variables*.tf")), ids=lambda path: path.name)
def test_both_read_the_same_defaults_from_the_module(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    theirs = {unquoted(name): body for block in hcl2.loads(text)["variable"] for name, body in block.items()}
    ours = read_variables(text)
    assert set(ours) == set(theirs)
    for name, variable in ours.items():
        assert variable.has_default == ("default" in theirs[name])
        if variable.has_default and not isinstance(variable.default, NotLiteral):
            assert plain(variable.default) == unquoted(theirs[name]["default"]), name
