"""What is HCL and what is not: the verdicts recorded from Terraform, and what a refusal tells."""

from __future__ import annotations

import pytest

from paybot_ops.core.hcl.body import parse
from paybot_ops.core.hcl.reading import read_assignments
from paybot_ops.core.hcl.values import HclSyntaxError, NotLiteral
from paybot_ops.errors import ExitCode
from tests.unit.hcl_corpus import ACCEPTED, ACCEPTED_STRUCTURES, REFUSED, REFUSED_STRUCTURES, VALUES


@pytest.mark.parametrize("text", ACCEPTED)
def test_a_file_of_variables_is_accepted(text: str) -> None:
    read_assignments(text)


@pytest.mark.parametrize("text", REFUSED)
def test_a_file_of_variables_is_refused(text: str) -> None:
    with pytest.raises(HclSyntaxError):
        read_assignments(text)


@pytest.mark.parametrize("text", ACCEPTED_STRUCTURES)
def test_a_structure_is_accepted(text: str) -> None:
    parse(text)


@pytest.mark.parametrize("text", REFUSED_STRUCTURES)
def test_a_structure_is_refused(text: str) -> None:
    with pytest.raises(HclSyntaxError):
        parse(text)


@pytest.mark.parametrize("source", VALUES)
def test_a_literal_has_the_value_that_terraform_gives_it(source: str) -> None:
    value = read_assignments(f"a = {source}\n")["a"]
    assert not isinstance(value, NotLiteral)
    assert value == VALUES[source]
    assert isinstance(value, bool) == isinstance(VALUES[source], bool)


@pytest.mark.parametrize(
    ("source", "kind", "column"),
    [
        ("dev", "reference", 5),
        ("var.x", "reference", 5),
        ('["a", var.x]', "reference", 11),
        ('{ a = "${b}" }', "template", 11),
        ("<<E\n${b}\nE\n", "template", 5),
        ("1 + 2", "operation", 5),
        ('-"5"', "operation", 5),
        ("a ? 1 : 2", "conditional", 5),
        ("upper(x)", "function call", 5),
        ("[for x in y : x]", "for expression", 5),
        ("[1][0]", "index", 5),
        ("{ (null) = 1 }", "key", 7),
        ("{ 1e600000000 = 1 }", "key", 7),
    ],
)
def test_what_only_terraform_can_evaluate_is_marked(source: str, kind: str, column: int) -> None:
    assert read_assignments(f"\na = {source}\n") == {"a": NotLiteral(kind, 2, column)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'project = "p"\nenvironment "dev"\n',
            'x.tfvars:2:18: expected "{" to open a block, or "=" before a value, found the end of the line',
        ),
        ("\ufeffa 1\n", 'x.tfvars:1:3: expected "=" after a name, found a number'),
        ('a = 1\r\nb = "s3cret\r\n', "x.tfvars:2:5: a quoted string must end on the line where it starts"),
        ("a = 1\nb = 2\na = 3\n", "x.tfvars:3:1: this argument is already set in line 1"),
        (r'k = "s3cret\q"', r"x.tfvars:1:12: a backslash must be followed by n, r, t, u, U, a quote or a backslash"),
        ("k = <<E\ns3cret\n", "x.tfvars:1:5: this heredoc is not closed before the end of the file"),
        ("k = [s3cret s3cret]", 'x.tfvars:1:13: expected "," or "]" after an item of a list, found a name'),
        ("k {\n}\n", "x.tfvars:1:1: a file of variables holds no blocks"),
    ],
)
def test_a_refusal_names_place_and_rule_and_quotes_nothing(text: str, message: str) -> None:
    with pytest.raises(HclSyntaxError) as refused:
        read_assignments(text)
    error = refused.value.named("x.tfvars")
    assert str(error) == message
    assert error.code is ExitCode.USAGE
    assert "s3cret" not in f"{error} {error.why} {error.hint} {refused.value!r}"


NESTINGS = [
    ("[", "1", "]"),
    ("{a=", "1", "}"),
    ("(", "1", ")"),
    ("-", "1", ""),
    ('"${', "1", '}"'),
    ("a[", "1", "]"),
    ("a?", "1", ":1"),
]


@pytest.mark.parametrize("depth", [400, 20_000])
@pytest.mark.parametrize(("opening", "middle", "closing"), NESTINGS)
def test_no_depth_exhausts_the_stack(opening: str, middle: str, closing: str, depth: int) -> None:
    read_assignments(f"a = {opening * depth}{middle}{closing * depth}\n")


def test_blocks_may_nest_to_any_depth() -> None:
    assert parse("b {\n" * 20_000 + "}\n" * 20_000).blocks[0].type == "b"
