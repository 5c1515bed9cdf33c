"""Lambda's account: what may be reserved, and what is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from paybot_ops.core.concurrency import kept_free, quota_needed, reservable
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client, code_of
from tests.sandbox.lambda_world import zipped


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def lambda_(sandbox: Sandbox) -> Iterator[Any]:
    """A client, and two functions that are gone afterwards."""
    found, iam = client(sandbox, "lambda"), client(sandbox, "iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    for name in ("one", "two"):
        code = {"ZipFile": zipped({"x.py": ""})}
        found.create_function(FunctionName=name, Runtime="python3.13", Role=role, Handler="x.x", Code=code)
    yield found
    for name in ("one", "two"):
        found.delete_function(FunctionName=name)
    iam.delete_role(RoleName="r")


def limits(lambda_: Any) -> tuple[int, int]:
    found = lambda_.get_account_settings()["AccountLimit"]
    return found["ConcurrentExecutions"], found["UnreservedConcurrentExecutions"]


def reserve(lambda_: Any, name: str, runs: int) -> None:
    lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=runs)


def test_the_account_says_its_quota_and_what_nobody_has_reserved(lambda_: Any) -> None:
    assert limits(lambda_) == (1000, 1000)
    reserve(lambda_, "one", 20)
    assert limits(lambda_) == (1000, 980)
    lambda_.delete_function_concurrency(FunctionName="one")
    assert limits(lambda_) == (1000, 1000)
    usage = lambda_.get_account_settings()["AccountUsage"]
    assert usage["FunctionCount"] == 2
    assert usage["TotalCodeSize"] > 0


def test_a_hundred_stay_unreserved(lambda_: Any) -> None:
    reserve(lambda_, "one", 885)
    reserve(lambda_, "two", 15)
    with pytest.raises(ClientError) as caught:
        reserve(lambda_, "two", 16)
    assert code_of(caught.value) == ("InvalidParameterValueException", 400)
    assert "below its minimum value of [100]" in str(caught.value)
    # A function's own reservation is given back before a new one is weighed.
    reserve(lambda_, "one", 100)
    reserve(lambda_, "two", 800)
    assert limits(lambda_) == (1000, 100)


def test_a_function_that_may_not_run_says_so(lambda_: Any) -> None:
    reserve(lambda_, "one", 0)
    assert lambda_.get_function(FunctionName="one")["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    assert "Concurrency" not in lambda_.get_function(FunctionName="two")


@pytest.mark.parametrize(
    ("limit", "unreserved", "free"),
    [(1000, 1000, 900), (1000, 115, 15), (1000, 100, 0), (1000, 90, 0), (10, 10, 0), (50, 50, 0), (101, 101, 1)],
)
def test_an_account_with_a_small_quota_can_reserve_nothing(limit: int, unreserved: int, free: int) -> None:
    assert reservable(limit, unreserved) == free
    assert kept_free(limit) == min(limit, 100)
    assert quota_needed(20) == 120
