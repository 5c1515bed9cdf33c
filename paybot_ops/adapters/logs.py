"""CloudWatch Logs: the events of a log group, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors, error_code
from paybot_ops.errors import UsageError

Page = Sequence[Mapping[str, Any]]


def filter_log_events(
    session: Session,
    group: str,
    *,
    start: int,
    end: int | None = None,
    pattern: str = "",
    streams: Sequence[str] = (),
    newest_first: bool = False,
) -> Iterator[Page | None]:
    """The events of a group between two times (milliseconds since 1970), a page at a time; None when there is no group.

    A page has 10,000 events or 1 MB at most, and may be empty (CloudWatch Logs API: FilterLogEvents).

    Raises:
        UsageError: CloudWatch cannot read the pattern.
        AccessDeniedError: the caller may not read it (logs:FilterLogEvents).
        AwsError: CloudWatch still throttles after retries, or cannot be reached.
    """
    from botocore.exceptions import ClientError

    asked: dict[str, Any] = {"logGroupName": group, "startTime": start}
    asked |= {"endTime": end} if end is not None else {}
    asked |= {"filterPattern": pattern} if pattern else {}
    asked |= {"logStreamNames": list(streams)} if streams else {}
    asked |= {"startFromHead": False} if newest_first else {}
    pages = session.client("logs").get_paginator("filter_log_events")
    with aws_errors("logs", f"the log group {group}"):
        try:
            for page in pages.paginate(**asked):
                yield page["events"]
        except ClientError as error:
            code = error_code(error)
            if code == "InvalidParameterException" and pattern:
                raise UsageError(
                    "CloudWatch cannot read the filter",
                    why=str(error.response["Error"].get("Message", ""))[:300],
                    hint='its syntax: ERROR, "a phrase", ?one ?or ?another, -without, { $.level = "ERROR" }',
                ) from error
            if code != "ResourceNotFoundException":
                raise
            yield None
