"""A whole state: in what two differ, and a serial that is set without touching anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.state_document import (
    ResourceDifference,
    StateDocument,
    compare_states,
    md5_of,
    parse_head,
    parse_state_document,
    resource_differences,
    with_serial,
)
from paybot_ops.errors import PaybotError


def instance(value: str = "one", **more: Any) -> dict[str, Any]:
    return {"schema_version": 0, "attributes": {"id": value}, "sensitive_attributes": [], **more}


def resource(name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": "aws_x", "name": name, "provider": "p", "instances": list(instances), **more}


def state(*resources: dict[str, Any], serial: int = 3, lineage: str = "l", **more: Any) -> StateDocument:
    document = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": lineage, "outputs": {}}
    parsed = parse_state_document(json.dumps({**document, "resources": list(resources), **more}, indent=2).encode())
    assert parsed is not None
    return parsed


def test_the_same_state_does_not_differ() -> None:
    assert compare_states(state(resource("a", instance())), state(resource("a", instance()))) == ()


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (state(resource("a", instance()), lineage="m"), "the lineage was l and is m"),
        (state(resource("a", instance()), serial=4), "the serial was 3 and is 4"),
        (state(resource("a", instance()), outputs={"url": {"value": "hush"}}), "output url differs"),
        (state(), "aws_x.a: is missing"),
        (state(resource("a", instance("two"))), "aws_x.a: differs"),
        (state(resource("a", instance()), resource("b", instance())), "aws_x.b: was not there before"),
        (state(resource("a", instance(private="x"))), "aws_x.a: differs"),
        (state(resource("a", instance(), instance(deposed="00ff"))), "aws_x.a (deposed 00ff): was not there before"),
        (state(resource("a", instance(), module="module.m")), "aws_x.a: is missing"),
        (state(resource("a", instance(), mode="data")), "data.aws_x.a: was not there before"),
    ],
)
def test_every_difference_is_named_without_a_value(after: StateDocument, said: str) -> None:
    differences = compare_states(state(resource("a", instance())), after)
    assert said in differences
    assert "hush" not in str(differences)


def test_what_versions_of_terraform_leave_out_is_no_difference() -> None:
    """A field that one version writes as empty and another leaves out."""
    short = {"schema_version": 0, "attributes": {"id": "one"}}
    assert compare_states(state(resource("a", instance())), state(resource("a", short))) == ()


def test_an_empty_attribute_is_a_difference() -> None:
    one, two = instance(), instance()
    two["attributes"] = {"id": "one", "tags": {}}
    assert compare_states(state(resource("a", one)), state(resource("a", two)))


def test_resources_of_a_restore() -> None:
    now = state(resource("a", instance(index_key="k")), resource("b", instance()))
    wanted = state(resource("a", instance("two", index_key="k")), resource("c", instance()))
    assert resource_differences(now, wanted) == (
        ResourceDifference("change", 'aws_x.a["k"]'),
        ResourceDifference("remove", "aws_x.b"),
        ResourceDifference("add", "aws_x.c"),
    )
    assert {item.verb for item in resource_differences(None, wanted)} == {"add"}


def test_a_serial_is_set_and_every_other_byte_stays() -> None:
    found = state(resource("a", instance('"serial": 3')))
    changed = with_serial(found, 12)
    assert changed == found.content.replace(b'"serial": 3,', b'"serial": 12,', 1)


def test_a_serial_that_stands_elsewhere_first_is_set_all_the_same() -> None:
    document = {"resources": [], "outputs": {"serial": {"serial": 7}}, "version": 4, "lineage": "l", "serial": 3}
    text = json.dumps(document)
    found = parse_state_document(text.encode())
    assert found is not None
    changed = json.loads(with_serial(found, 9))
    assert changed == {**json.loads(text), "serial": 9}


@given(st.integers(0, 10**9), st.text(max_size=20))
def test_with_serial_changes_nothing_else(serial: int, value: str) -> None:
    found = state(resource("a", instance(value)))
    assert json.loads(with_serial(found, serial)) == {**found.document, "serial": serial}


def test_serial_and_lineage_from_the_first_bytes() -> None:
    assert parse_head(state(serial=41).content[:512]) == (41, "l")
    assert parse_head(b"not a state") == (None, None)


def test_empty_and_broken_files() -> None:
    assert parse_state_document(b" \n") is None
    with pytest.raises(PaybotError, match="cannot be read"):
        parse_state_document(b'{"version": 4, "ser')
    with pytest.raises(PaybotError) as older:
        parse_state_document(b'{"version": 3}')
    assert "terraform apply -refresh-only" in older.value.hint


def test_the_digest_is_the_one_that_terraform_keeps() -> None:
    assert md5_of(b"") == "d41d8cd98f00b204e9800998ecf8427e"


def test_nothing_of_a_state_is_in_its_repr() -> None:
    assert "hush" not in repr(state(resource("a", instance("hush"))))
