"""Where a state is kept: the backend's values, and its block turned from one kind to the other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paybot_ops.core.backend import LocalPlace, S3Place, parse_local, parse_s3
from paybot_ops.core.backend_edit import BACKEND_TEXT, to_local, to_s3, with_block, with_values
from paybot_ops.core.hcl.paths import HclEditError
from paybot_ops.core.hcl.values import NotLiteral, Value
from paybot_ops.errors import UsageError

VALUES: dict[str, Value] = {"bucket": "b", "key": "p/dev/terraform.tfstate", "region": "us-east-1"}
PLACE = S3Place("b", "p/dev/terraform.tfstate", "us-east-1")


def test_keys_and_locks_of_the_default_workspace_and_of_others() -> None:
    assert PLACE.key_of("default") == "p/dev/terraform.tfstate"
    assert PLACE.key_of("st") == "env:/st/p/dev/terraform.tfstate"
    assert PLACE.lock_key_of("st") == "env:/st/p/dev/terraform.tfstate.tflock"
    assert PLACE.digest_id_of("default") == "b/p/dev/terraform.tfstate-md5"
    assert PLACE.shown("default") == "s3://b/p/dev/terraform.tfstate"


@pytest.mark.parametrize(
    ("key", "workspace"),
    [
        ("p/dev/terraform.tfstate", "default"),
        ("env:/st/p/dev/terraform.tfstate", "st"),
        ("env:/st/p/dev/terraform.tfstate.tflock", None),
        ("env://p/dev/terraform.tfstate", None),
        ("other/st/p/dev/terraform.tfstate", None),
    ],
)
def test_which_workspace_an_object_is_the_state_of(key: str, workspace: str | None) -> None:
    assert PLACE.workspace_of(key) == workspace


def test_local_places() -> None:
    assert str(LocalPlace().path_of("default")) == "terraform.tfstate"
    assert str(LocalPlace().path_of("st")) == "terraform.tfstate.d/st/terraform.tfstate"
    assert parse_local({"path": "old.tfstate"}) == LocalPlace(path="old.tfstate")


def test_the_values_of_a_backend() -> None:
    more: dict[str, Value] = {
        "use_lockfile": "true",
        "dynamodb_table": "t",
        "encrypt": True,
        "workspace_key_prefix": "ws",
    }
    place = parse_s3({**VALUES, **more}, "dev.s3.tfbackend")
    assert (place.use_lockfile, place.lock_table, place.encrypt, place.workspace_prefix) == (True, "t", True, "ws")
    assert place.needed_terraform == (1, 10, 0)
    assert parse_s3(VALUES, "f").needed_terraform < (1, 10, 0)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"bucket": "b"}, "f does not set key, region"),
        ({**VALUES, "buckett": "x"}, "buckett"),
        ({**VALUES, "key": NotLiteral("a reference", 1, 1)}, "key must be a plain string"),
        ({**VALUES, "use_lockfile": Decimal(1)}, "use_lockfile must be true or false"),
    ],
)
def test_values_that_cannot_be_used(values: dict[str, Value], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_s3(values, "f")


def test_a_local_block_becomes_an_s3_one_and_keeps_its_comments() -> None:
    text = 'terraform {\n  required_version = ">= 1.1"\n  backend "local" { # a\n    # b\n    path = "x" # c\n  }\n}\n'
    wanted = 'terraform {\n  required_version = ">= 1.1"\n  backend "s3" { # a\n    # b\n    # c\n  }\n}\n'
    assert to_s3(text, VALUES) == wanted


def test_an_s3_block_is_made_to_agree_and_loses_a_lock_that_is_no_longer_used() -> None:
    text = (
        'terraform {\n  backend "s3" {\n    bucket         = "old" # ours\n    profile = "me"\n'
        '    dynamodb_table = "t"\n  }\n}\n'
    )
    wanted = 'terraform {\n  backend "s3" {\n    bucket         = "b" # ours\n    profile = "me"\n  }\n}\n'
    assert to_s3(text, VALUES) == wanted
    assert to_s3(wanted, VALUES) == wanted


def test_back_to_local() -> None:
    text = 'terraform {\n  # mine\n  backend "s3" {\n    bucket = "b" # ours\n  }\n}\n'
    assert to_local(text) == 'terraform {\n  # mine\n  backend "local" {\n    # ours\n  }\n}\n'


def test_a_commented_out_block_is_no_block() -> None:
    with pytest.raises(HclEditError) as refused:
        to_s3('terraform {\n  # backend "s3" {}\n}\n', VALUES)
    assert refused.value.why == "the file holds 0 backend blocks"


def test_a_block_with_blocks_of_its_own_is_left_to_its_owner() -> None:
    text = 'terraform {\n  backend "s3" {\n    assume_role = {}\n    endpoints {\n    }\n  }\n}\n'
    with pytest.raises(HclEditError, match="cannot be changed"):
        to_local(text)


def test_a_new_block_and_new_values() -> None:
    assert with_block(None) == BACKEND_TEXT
    assert 'backend "s3" {}' in with_block("# nothing yet\n")
    assert with_values(None, {"bucket": "b", "use_lockfile": True}) == 'bucket       = "b"\nuse_lockfile = true\n'
    assert with_values('bucket = "mine" # b\n', {**VALUES, "bucket": "b"}).startswith('bucket = "mine" # b\n')
