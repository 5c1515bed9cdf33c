"""Setting, adding and removing one value, and what stays as it was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paybot_ops.core.hcl.body import parse
from paybot_ops.core.hcl.check import checked
from paybot_ops.core.hcl.edit import add_block, remove_value, set_value
from paybot_ops.core.hcl.layout import Splice
from paybot_ops.core.hcl.paths import BlockName, HclEditError, Path
from paybot_ops.core.hcl.reading import find_backend, read_assignments
from paybot_ops.core.hcl.values import HclSyntaxError, Literal

TERRAFORM = BlockName("terraform")
BACKEND = BlockName("backend", ("s3",))
BUCKET = Path("bucket", (TERRAFORM, BACKEND))

TFVARS = """\
# Settings of the bot
project_name            = "payment-smart-bot"   # do not change
environment             = "dev"
bedrock_token_threshold = 100000

/* Guardrails
   cost money */
enable_bedrock_guardrails = false // yet
note = <<-EOT
  environment = "prod"
  ${not_ours}
EOT
# the end"""


@pytest.mark.parametrize(
    ("name", "value", "old", "new"),
    [
        ("environment", "prod", '= "dev"\n', '= "prod"\n'),
        ("project_name", 'a"${b}', '"payment-smart-bot"   # do', r'"a\"$${b}"   # do'),
        ("bedrock_token_threshold", Decimal("2.5"), "= 100000\n", "= 2.5\n"),
        ("enable_bedrock_guardrails", True, "= false // yet", "= true // yet"),
        (
            "note",
            ["a", {"b c": None}],
            '<<-EOT\n  environment = "prod"\n  ${not_ours}\nEOT\n',
            '["a", { "b c" = null }]\n',
        ),
    ],
)
def test_a_value_is_replaced_where_it_stands(name: str, value: Literal, old: str, new: str) -> None:
    for text in (TFVARS, "\ufeff" + TFVARS.replace("\n", "\r\n")):
        newline = "\r\n" if "\r\n" in text else "\n"
        assert set_value(text, Path(name), value) == text.replace(
            old.replace("\n", newline), new.replace("\n", newline)
        )


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"\\u0065"', "e"),
        ("1.50", Decimal("1.5")),
        ("100", Decimal(100)),
        ("<<E\nx\nE", "x\n"),
        ("[\n1, # one\n]", [1]),
    ],
)
def test_a_value_that_is_there_already_keeps_its_spelling(source: str, value: Literal) -> None:
    text = f"a = {source}\n"
    assert set_value(text, Path("a"), value) == text


@pytest.mark.parametrize(("present", "wanted"), [("1", True), ("true", 1), ('"1"', 1), ("[1]", [True]), ("{}", [])])
def test_values_of_another_type_are_other_values(present: str, wanted: Literal) -> None:
    changed = set_value(f"a = {present}\n", Path("a"), wanted)
    assert changed != f"a = {present}\n"
    assert type(read_assignments(changed)["a"]) is type(wanted)


@pytest.mark.parametrize(
    ("text", "name", "changed"),
    [
        ("", "a", "a = 1\n"),
        ("\ufeff", "a", "\ufeffa = 1\n"),
        ("# only", "a", "# only\na = 1"),
        ("# only\n", "a", "# only\na = 1\n"),
        ("b = 2", "a", "b = 2\na = 1"),
        ("b = 2\r\n", "a", "b = 2\r\na = 1\r\n"),
        ("b = 2 # two", "a", "b = 2 # two\na = 1"),
        ("b = 2 /* two\n*/\n\n# end\n", "a", "b = 2 /* two\n*/\na = 1\n\n# end\n"),
        ("b   = 2\nccc = 3\n", "a", "b   = 2\nccc = 3\na   = 1\n"),
        ("b   = 2\nccc = 3\n", "long", "b   = 2\nccc = 3\nlong = 1\n"),
        ("b   = 2\nccccc = 3\n", "a", "b   = 2\nccccc = 3\na = 1\n"),
        ("b    = 2\nc    = 3\n", "a", "b    = 2\nc    = 3\na    = 1\n"),
        ("b=2\n", "a", "b=2\na=1\n"),
        ("bbb   = 2\n\nc = 3\n", "a", "bbb   = 2\n\nc = 3\na = 1\n"),
        ("bbb = {\n  x = 1\n}\n", "a", "bbb = {\n  x = 1\n}\na = 1\n"),
        ("bbb = <<E\nx\nE\n", "a", "bbb = <<E\nx\nE\na = 1\n"),
    ],
)
def test_a_new_value_follows_the_last_one_and_looks_like_it(text: str, name: str, changed: str) -> None:
    assert set_value(text, Path(name), 1) == changed
    assert remove_value(changed, Path(name)) == text


@pytest.mark.parametrize(
    ("inside", "changed"),
    [
        ("{}", '{\n    bucket = "b"\n  }'),
        ("{ }", '{ \n    bucket = "b"\n  }'),
        ("{\n  }", '{\n\n    bucket = "b"\n  }'),
        ("{ # why\n  }", '{ # why\n    bucket = "b"\n  }'),
        ("{\n    # why\n  }", '{\n    # why\n    bucket = "b"\n  }'),
        ("{\n    key     = 1\n    encrypt = 2\n  }", '{\n    key     = 1\n    encrypt = 2\n    bucket  = "b"\n  }'),
        ("{\n\tkey = 1\n  }", '{\n\tkey = 1\n\tbucket = "b"\n  }'),
        ("{\n      a {\n      }\n  }", '{\n      bucket = "b"\n      a {\n      }\n  }'),
    ],
)
def test_a_new_value_inside_a_block(inside: str, changed: str) -> None:
    before, after = (f'x {{}}\nterraform {{\n  backend "s3" {body} # mine\n}}\n' for body in (inside, changed))
    assert set_value(before, BUCKET, "b") == after
    assert remove_value(after, BUCKET) == before


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a = 1\nb = 2\n", "b = 2\n"),
        ("b = 2\na = 1", "b = 2"),
        ("a = 1", ""),
        ("a = 1 # why\n", "# why\n"),
        ("/* x */ a = 1\n", "/* x */ \n"),
        ("a = 1 /* x\n */\nb = 2\n", "/* x\n */\nb = 2\n"),
        ("a = <<E\nx\nE\nb = 2\n", "b = 2\n"),
        ("\ufeffa = 1\r\nb = 2\r\n", "\ufeffb = 2\r\n"),
        ("\n\na = 1\n\nb = 2\n", "\n\n\nb = 2\n"),
        ("c = 3\n", "c = 3\n"),
    ],
)
def test_a_value_is_removed_and_no_comment_with_it(text: str, changed: str) -> None:
    assert remove_value(text, Path("a")) == changed


def test_the_active_block_is_edited_and_not_the_one_in_a_comment() -> None:
    text = (
        'terraform {\n  # backend "s3" {\n  #   bucket = "old"\n  # }\n  backend "s3" {\n    bucket = "old"\n  }\n}\n'
    )
    changed = set_value(text, BUCKET, "new")
    assert changed == text.replace('    bucket = "old"', '    bucket = "new"')
    backend = find_backend(changed)
    assert backend is not None
    assert backend.attributes == {"bucket": "new"}


def test_of_several_blocks_the_one_that_holds_the_path_is_meant() -> None:
    text = 'terraform {\n  x = 1\n}\nterraform {\n  backend "s3" {\n    bucket = "old"\n  }\n}\n'
    assert set_value(text, BUCKET, "new") == text.replace("old", "new")


def test_an_expression_gives_way_to_a_value_and_its_comment_stays() -> None:
    assert set_value("a = 1 + 2 // c\n", Path("a"), 4) == "a = 4 // c\n"


@pytest.mark.parametrize(
    ("text", "path", "value", "said"),
    [
        ("x {}\n", BUCKET, "s3cret", "no such block"),
        ("terraform {}\nterraform {}\n", Path("a", (TERRAFORM,)), "s3cret", "several such blocks"),
        ('terraform { b = "s3cret" }\n', Path("a", (TERRAFORM,)), 1, "on one line"),
        ("a = 1\n", Path("a"), Decimal("NaN"), "no way to write"),
        ("a = 1\n", Path("a"), "s3cret\ud800", "no way to write"),
        ("a = 1\n", Path("b c"), "s3cret", "without changing something else"),
        ("a = 1\n", Path("b = 1\nc"), "s3cret", "without changing something else"),
        ("x {\n  /* s3cret\n  */ }\n", Path("a", (BlockName("x"),)), 1, "without changing something else"),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str, path: Path, value: Literal, said: str) -> None:
    with pytest.raises(HclEditError) as refused:
        set_value(text, path, value)
    message = f"{refused.value} {refused.value.why} {refused.value.hint}"
    assert said in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    "result",
    [
        "a = 2\nb = 2\nc {\n}\n",
        "a = 2\nb = 1\nc {\n}\nd {}\n",
        "a = 2\nc {\n}\n",
        "b = 1\na = 2\nc {\n}\n",
        "a = 2\nb = 1\nc {\n  a = 1\n}\n",
        "a = 3\nb = 1\nc {\n}\n",
        "a = 2\nb = 1\nc {\n",
    ],
)
def test_a_result_in_which_more_has_changed_is_never_returned(result: str) -> None:
    text = "a = 1\nb = 1\nc {\n}\n"
    with pytest.raises(HclEditError):
        checked(text, parse(text), Splice(0, len(text), result), Path("a"), 2)
    wanted = text.replace("a = 1", "a = 2")
    assert checked(text, parse(text), Splice(0, len(text), wanted), Path("a"), 2) == wanted


@pytest.mark.parametrize("text", ["a = 1\na = 2\n", "a = 1 b = 2\n", 'a = "\\q"\n'])
def test_a_file_that_terraform_refuses_is_not_edited(text: str) -> None:
    with pytest.raises(HclSyntaxError):
        set_value(text, Path("a"), 3)
    with pytest.raises(HclSyntaxError):
        remove_value(text, Path("a"))
    with pytest.raises(HclSyntaxError):
        add_block(text, (), BACKEND)


@pytest.mark.parametrize(
    ("text", "parents", "changed"),
    [
        ("terraform {\n}\n", (TERRAFORM,), 'terraform {\n\n  backend "s3" {}\n}\n'),
        ("terraform {}", (TERRAFORM,), 'terraform {\n  backend "s3" {}\n}'),
        ("terraform {\r\n  x = 1\r\n}\r\n", (TERRAFORM,), 'terraform {\r\n  x = 1\r\n  backend "s3" {}\r\n}\r\n'),
        ("", (), 'backend "s3" {}\n'),
        ("a {}", (), 'a {}\n\nbackend "s3" {}\n'),
        ('terraform {\n  backend "s3" {\n  }\n}\n', (TERRAFORM,), 'terraform {\n  backend "s3" {\n  }\n}\n'),
    ],
)
def test_a_block_is_added_at_the_end_of_its_parent(text: str, parents: tuple[BlockName, ...], changed: str) -> None:
    assert add_block(text, parents, BACKEND) == changed


def test_removing_what_is_not_there_changes_nothing() -> None:
    text = "terraform {}\nterraform {}\n"
    assert remove_value(text, Path("a", (TERRAFORM,))) == text
    assert remove_value(text, BUCKET) == text


def test_removing_from_one_of_several_blocks_needs_to_know_which() -> None:
    with pytest.raises(HclEditError):
        remove_value("x {\n  a = 1\n}\nx {\n  a = 2\n}\n", Path("a", (BlockName("x"),)))


def test_a_block_needs_its_parent() -> None:
    with pytest.raises(HclEditError):
        add_block("x {}\n", (TERRAFORM,), BACKEND)
    with pytest.raises(HclEditError):
        add_block("terraform { a = 1 }\n", (TERRAFORM,), BACKEND)
