"""What is asked of Lambda about versions: every page, and no more than the caller may see."""

from __future__ import annotations

from typing import Any

from botocore.stub import Stubber

from paybot_ops.adapters.lambda_ import find_alias, get_concurrency, list_versions
from paybot_ops.adapters.session import Session


def session_of(*answers: tuple[str, dict[str, Any]]) -> Session:
    """A session whose Lambda gives these answers, in order."""
    session = Session("us-east-1", "http://127.0.0.1:1")
    stubber = Stubber(session.client("lambda"))
    for operation, answer in answers:
        if "code" in answer:
            stubber.add_client_error(operation, service_error_code=answer["code"])
        else:
            stubber.add_response(operation, answer)
    stubber.activate()
    return session


def version(number: str, **more: Any) -> dict[str, Any]:
    return {"FunctionName": "bot", "Version": number, "LastModified": "2026-11-03T10:00:00.000+0000", **more}


def test_every_page_newest_first_and_latest_is_no_version() -> None:
    session = session_of(
        ("list_versions_by_function", {"Versions": [version("$LATEST"), version("9")], "NextMarker": "m"}),
        ("list_versions_by_function", {"Versions": [version("10"), version("2")]}),
    )
    found = list_versions(session, "bot")
    assert [item.number for item in found] == [10, 9, 2]
    assert f"{found[0].when:%Y-%m-%d %H:%M}" == "2026-11-03 10:00"


def test_an_environment_that_may_not_be_decrypted_is_unknown() -> None:
    hidden = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "kms:Decrypt"}}
    session = session_of(("list_versions_by_function", {"Versions": [version("1", Environment=hidden)]}))
    (found,) = list_versions(session, "bot")
    assert (found.environment, found.model_id) == (None, "")


def test_what_is_absent_is_a_value() -> None:
    session = session_of(
        ("list_versions_by_function", {"code": "ResourceNotFoundException"}),
        ("get_alias", {"code": "ResourceNotFoundException"}),
        ("get_function_concurrency", {}),
        ("get_function_concurrency", {"ReservedConcurrentExecutions": 0}),
    )
    assert list_versions(session, "bot") == ()
    assert find_alias(session, "bot", "live") is None
    assert (get_concurrency(session, "bot"), get_concurrency(session, "bot")) == (None, 0)
