"""A web ACL keeps what is set on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from paybot_ops.adapters.session import Session
from paybot_ops.adapters.wafv2 import find_web_acl_id
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client

HIDDEN = {"DataProtections": [{"Field": {"FieldType": "BODY"}, "Action": "SUBSTITUTION"}]}
PLAIN = {
    "Scope": "REGIONAL",
    "DefaultAction": {"Allow": {}},
    "VisibilityConfig": {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "m"},
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def described(waf: Any, summary: Any) -> Any:
    return waf.get_web_acl(Name=summary["Name"], Id=summary["Id"], Scope="REGIONAL")


def test_what_its_log_must_hide_is_kept_and_can_be_changed(sandbox: Sandbox) -> None:
    waf = client(sandbox, "wafv2")
    summary = waf.create_web_acl(Name="hides", DataProtectionConfig=HIDDEN, **PLAIN)["Summary"]
    found = described(waf, summary)
    assert found["WebACL"]["DataProtectionConfig"] == HIDDEN
    waf.update_web_acl(Name="hides", Id=summary["Id"], LockToken=found["LockToken"], **PLAIN)
    assert "DataProtectionConfig" not in described(waf, summary)["WebACL"]


def test_it_is_found_by_its_name(sandbox: Sandbox) -> None:
    waf = client(sandbox, "wafv2")
    made = [waf.create_web_acl(Name=name, **PLAIN)["Summary"]["Id"] for name in ("a", "b")]
    session = Session("us-east-1", sandbox.endpoint)
    assert [find_web_acl_id(session, name) for name in ("a", "b", "c")] == [*made, None]
