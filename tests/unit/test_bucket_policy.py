"""TLS in a bucket's policy: found by meaning, and added without taking anything away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from paybot_ops.core.bucket_policy import LARGEST_POLICY, enforces_tls, tls_statement, with_tls
from paybot_ops.errors import PaybotError
from tests.unit.policy_world import BUCKET, policies, requests, verdict


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(**changes: Any) -> dict[str, Any]:
    return tls_statement(BUCKET) | changes


@given(policies())
@settings(max_examples=400, deadline=None)
def test_what_was_allowed_and_denied_still_is_and_tls_is_enforced(before: str) -> None:
    after = with_tls(before, BUCKET)
    for request in requests():
        assert verdict(after, request) == (verdict(before, request) if request.tls else "deny"), request
    assert enforces_tls(after, BUCKET)


@given(policies())
@settings(max_examples=400, deadline=None)
def test_every_byte_of_the_policy_stays_in_its_place(before: str) -> None:
    after = with_tls(before, BUCKET)
    found, added = json.loads(before)["Statement"], json.loads(after)["Statement"]
    assert added[:-1] == (found if isinstance(found, list) else [found])
    assert {**json.loads(after), "Statement": found} == json.loads(before)
    # The new text is the old one with something put in: at one place, or around a single statement.
    rest = iter(after)
    assert all(letter in rest for letter in before)
    start = next(i for i in range(len(after)) if i == len(before) or after[i] != before[i])
    if isinstance(found, list):
        assert after.endswith(before[start:])


@given(policies())
@settings(max_examples=400, deadline=None)
def test_a_policy_that_is_taken_for_good_enough_denies_everything_without_tls(before: str) -> None:
    if enforces_tls(before, BUCKET):
        assert {verdict(before, request) for request in requests() if not request.tls} == {"deny"}


@pytest.mark.parametrize(
    "statements",
    [
        [deny()],
        [deny(Sid="AnyName")],
        [deny(Principal={"AWS": "*"})],
        [deny(Principal={"AWS": ["arn:aws:iam::1:root", "*"]})],
        [deny(Action=["s3:GetObject", "S3:*"])],
        [deny(Action="*")],
        [deny(Resource="*")],
        [deny(Resource=f"{BUCKET}*")],
        [deny(Resource=BUCKET), deny(Resource=f"{BUCKET}/*")],
        [deny(Condition={"BoolIfExists": {"AWS:securetransport": False}})],
        [deny(Condition={"StringEquals": {"aws:SecureTransport": ["false"]}})],
    ],
)
def test_tls_is_recognised_however_it_is_written(statements: list[dict[str, Any]]) -> None:
    assert enforces_tls(policy(*statements), BUCKET)


@pytest.mark.parametrize(
    "statement",
    [
        deny(Effect="Allow"),
        deny(Principal={"AWS": "arn:aws:iam::1:root"}),
        deny(Action="s3:GetObject"),
        deny(Resource=BUCKET),
        deny(Resource=f"{BUCKET}/*"),
        deny(Resource=[BUCKET, f"{BUCKET}/reports/*"]),
        deny(Resource=[BUCKET, f"{BUCKET}/?"]),
        deny(Resource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"]),
        deny(Condition={"Bool": {"aws:SecureTransport": "true"}}),
        deny(Condition={"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "true"}}),
        deny(Condition={"Bool": {"aws:SecureTransport": "false"}, "NumericLessThan": {"s3:TlsVersion": 1.2}}),
        deny(Condition={}),
    ],
)
def test_what_only_looks_like_it_is_not_taken_for_it(statement: dict[str, Any]) -> None:
    assert not enforces_tls(policy(statement), BUCKET)


def test_without_a_policy_the_statement_is_all_there_is() -> None:
    assert not enforces_tls(None, BUCKET)
    assert json.loads(with_tls(None, BUCKET))["Statement"] == [tls_statement(BUCKET)]


def test_the_name_of_the_statement_is_one_that_is_free() -> None:
    taken = policy(deny(Resource="x"), deny(Resource="x", Sid="DenyWithoutTls2"))
    assert json.loads(with_tls(taken, BUCKET))["Statement"][-1]["Sid"] == "DenyWithoutTls3"


def test_a_policy_without_room_is_refused() -> None:
    full = policy(deny(Effect="Allow", Sid="x" * (LARGEST_POLICY - 300)))
    with pytest.raises(PaybotError, match="no room"):
        with_tls(full, BUCKET)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"Secret": 1}'])
def test_what_is_no_policy_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(PaybotError) as refused:
        with_tls(text, BUCKET)
    assert "Secret" not in str(refused.value) + refused.value.why
