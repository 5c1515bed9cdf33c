"""What holds for every file and every value: only the wanted value changes, and undoing restores each character."""

from __future__ import annotations

import time

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from paybot_ops.core.hcl.body import Attribute, Body, parse
from paybot_ops.core.hcl.edit import remove_value, set_value
from paybot_ops.core.hcl.paths import Path, find_holders
from paybot_ops.core.hcl.reading import read_assignments
from paybot_ops.core.hcl.render import render_value
from paybot_ops.core.hcl.values import Literal, NotLiteral
from tests.unit.hcl_files import LITERALS, NAMES, hcl_files, paths_of, shown

THOROUGH = settings(max_examples=40, deadline=None)


@THOROUGH
@given(LITERALS)
def test_a_rendered_value_reads_as_itself(value: Literal) -> None:
    assert shown(read_assignments(f"a = {render_value(value)}\n")["a"]) == shown(value)


@THOROUGH
@given(hcl_files(blocks=False), NAMES, LITERALS)
def test_setting_updates_what_is_read_and_nothing_else(text: str, name: str, value: Literal) -> None:
    before = read_assignments(text)
    after = read_assignments(set_value(text, Path(name), value))
    expected = {key: shown(item) for key, item in before.items()} | {name: shown(value)}
    assert {key: shown(item) for key, item in after.items()} == expected
    assert list(after) == list(before) + [name] * (name not in before)


@THOROUGH
@given(hcl_files(), st.data())
def test_setting_anywhere_replaces_the_value_alone(text: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths_of(text)))
    present = found(text, path)
    assume(present is not None)
    assert present is not None
    value = data.draw(LITERALS)
    changed = set_value(text, path, value)
    source = text[present.value_start : present.value_end] if changed == text else render_value(value)
    assert changed == text[: present.value_start] + source + text[present.value_end :]
    if (
        not isinstance(present.value, NotLiteral)
        and render_value(present.value) == text[present.value_start : present.value_end]
    ):
        assert set_value(changed, path, present.value) == text


@THOROUGH
@given(hcl_files(), st.data())
def test_adding_then_removing_restores_every_character(text: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path in paths_of(text) if path.argument == "brand_new-name"]))
    added = set_value(text, path, data.draw(LITERALS))
    assert len(added) > len(text)
    assert remove_value(added, path) == text


@THOROUGH
@given(hcl_files(), st.data())
def test_removing_takes_one_value_and_no_comment(text: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths_of(text)))
    removed = remove_value(text, path)
    present = found(text, path)
    if present is None:
        assert removed == text
        return
    assert found(removed, path) is None
    without = text[: present.start] + text[present.value_end :]
    assert "".join(removed.split()) == "".join(without.split())
    assert count(parse(removed)) == count(parse(text)) - 1


def test_a_large_file_is_edited_at_once() -> None:
    text = "".join(f'key_{index} = {{ a = ["value {index}", {index}] }} # why\n' for index in range(2300))
    assert len(text) > 100_000
    started = time.process_time()
    changed = set_value(text, Path("key_1000"), "x")
    assert remove_value(set_value(changed, Path("new"), 1), Path("new")) == changed
    assert time.process_time() - started < 3.0, "three edits, each of which must take at most a second"


def found(text: str, path: Path) -> Attribute | None:
    holders = find_holders(parse(text), path)
    return holders[0][1] if holders else None


def count(body: Body) -> int:
    return len(body.attributes) + sum(count(block.body) for block in body.blocks)
