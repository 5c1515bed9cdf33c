"""A wildcard in a policy says in a comment what it stands for; one that does not is found."""

from __future__ import annotations

import pytest

from scan.wildcards import find_wildcards, unexplained

BARE = """\
# What `*` means is said here, and is about the whole block.
resource "aws_iam_role_policy" "bot" {
  policy = jsonencode({
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = "*"
    }]
  })
}
"""
DOCUMENT = """\
data "aws_iam_policy_document" "bot" {
  statement {
    actions   = ["kms:*"]
    resources = [local.key]
  }
}
"""


def found(text: str) -> list[str]:
    return [one.place for one in unexplained("iam.tf", text)]


def test_a_bare_wildcard_is_found() -> None:
    assert found(BARE) == ["iam.tf:7"]


def test_so_is_one_of_a_policy_document() -> None:
    assert found(DOCUMENT) == ["iam.tf:3"]


@pytest.mark.parametrize(
    ("line", "comment"),
    [
        ('      Resource = "*"', '      # `*`: X-Ray has no resources.\n      Resource = "*"'),
        ('      Resource = "*"', '      Resource = "*" # `*`: X-Ray has no resources.'),
        ("    Statement = [{", "    # `*`: X-Ray has no resources.\n    Statement = [{"),
        ("    Statement = [{", "    Statement = [{\n      # `*`: X-Ray has no resources."),
    ],
)
def test_a_comment_explains_it(line: str, comment: str) -> None:
    assert found(BARE.replace(line, comment)) == []


@pytest.mark.parametrize(
    "comment",
    [
        "      # X-Ray has no resources.\n",
        '      Sid = "a # `*` in a text"\n',
        "      # `*`: about the line below.\n      Effect = 1\n",
    ],
)
def test_another_comment_does_not(comment: str) -> None:
    assert len(found(BARE.replace('      Resource = "*"', f'{comment}      Resource = "*"'))) == 1


def test_a_neighbour_s_comment_does_not() -> None:
    text = 'locals {\n  a = [{\n    # `*`: all.\n    Resource = "*"\n  }]\n  b = [{\n    Resource = "*"\n  }]\n}\n'
    assert found(text) == ["iam.tf:7"]


def test_parts_of_arns_and_patterns_of_actions_count() -> None:
    text = 'locals {\n  a = { Action = "kms:En*", "Resource" : ["${x.arn}:*"], Sid = "*" }\n  Effect = "*"\n}\n'
    assert [(one.line, one.key) for one in find_wildcards(text)] == [(2, "Action"), (2, "Resource")]
