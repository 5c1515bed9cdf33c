"""Looking at the state's home: every question to AWS at once, and what cannot be a home refused with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from paybot_ops.adapters import dynamodb, s3
from paybot_ops.adapters.session import Session
from paybot_ops.core.bootstrap import Observed
from paybot_ops.core.lock_table import SeenTable, WantedTable
from paybot_ops.core.state_bucket import SeenBucket
from paybot_ops.errors import AccessDeniedError, UsageError
from paybot_ops.operations.state_home import Home


def observe(home: Home) -> Observed:
    """Everything that the plan looks at; the questions to AWS go out together.

    Raises:
        PaybotError: the bucket is another account's or in another region; a question was refused or not answered.
    """
    session, bucket, wanted = home.session, home.bucket, home.wanted.table
    with ThreadPoolExecutor(max_workers=16) as pool:
        head = pool.submit(s3.find_bucket, session, bucket)
        logs = [pool.submit(_check_log_bucket, home, name) for name in filter(None, [home.wanted.bucket.log_bucket])]
        table = _TableQuestions(pool, session, wanted) if wanted else None
        settings = {name: pool.submit(s3.get_setting, session, bucket, name) for name in s3.SETTINGS}
        policy = pool.submit(s3.get_policy, session, bucket)
        tags = pool.submit(s3.get_tags, session, bucket)
        found = head.result()
        if found is not None:
            _check_head(home, found)
    of_bucket: list[Future[Any]] = [*settings.values(), policy, tags] if found else []
    _refuse_denied([*of_bucket, *logs, *(table.all if table else [])])
    for future in logs:
        future.result()
    seen: SeenBucket | None = None
    if found is not None:
        answers = {name: future.result() for name, future in settings.items()}
        seen = s3.seen_bucket(answers, policy.result(), tags.result())
    return Observed(bucket=seen, table=table.answer() if table else None, backend_text=home.backend_text)


class _TableQuestions:
    """What is asked about the table; the three questions go out together with all others."""

    def __init__(self, pool: ThreadPoolExecutor, session: Session, wanted: WantedTable) -> None:
        self._described = pool.submit(dynamodb.describe_table, session, wanted.name)
        self._pitr = pool.submit(dynamodb.has_pitr, session, wanted.name)
        self._tags = pool.submit(dynamodb.list_tags, session, wanted.name, wanted.arn)
        self.all: list[Future[Any]] = [self._described, self._pitr, self._tags]

    def answer(self) -> SeenTable | None:
        described = self._described.result()
        if described is None:
            return None
        return dynamodb.seen_table(described, pitr=self._pitr.result(), tags=self._tags.result())


def _check_log_bucket(home: Home, name: str) -> None:
    """Refuse a log bucket that S3 would refuse later, when half of the work is done."""
    head = s3.find_bucket(home.session, s3.Bucket(name, home.wanted.bucket.account))
    if head is None or not head.usable:
        raise UsageError(f"the access log bucket {name} is absent, or not this account's", hint="make it first")
    if head.region and head.region != home.session.region:
        raise UsageError(
            f"the access log bucket {name} is in {head.region}, not in {home.session.region}",
            why="S3 writes access logs only into a bucket of the same region",
        )


def _check_head(home: Home, head: s3.BucketHead) -> None:
    name, region = home.bucket.name, home.session.region
    if not head.usable and not _is_own(home):
        raise s3.name_taken(name)
    if head.region and head.region != region:
        raise UsageError(
            f"the bucket {name} is in {head.region}, not in {region}",
            why="a bucket cannot be moved",
            hint=f"run it with --region {head.region}, or choose another name with --bucket",
        )
    if not head.usable:
        raise AccessDeniedError(
            f"access to the bucket {name} is denied",
            action="s3:ListBucket",
            why="the caller lacks the IAM action s3:ListBucket on it",
            hint="allow s3:ListBucket on it, or use other credentials (AWS_PROFILE)",
        )


def _is_own(home: Home) -> bool:
    """Whether a bucket that may not be used is the account's: S3 says 403 of another account's too."""
    name = home.bucket.name
    try:
        return s3.owns_bucket(home.session, name)
    except AccessDeniedError as error:
        raise AccessDeniedError(
            f"access to the bucket {name} is denied",
            action="s3:ListBucket",
            why="it belongs to another account, or the caller lacks the IAM action s3:ListBucket; which of the two "
            f"cannot be told without {error.action}",
            hint="choose another name with --bucket, or allow s3:ListBucket on it",
        ) from None


def _refuse_denied(futures: Iterable[Future[Any]]) -> None:
    """Name every missing IAM action at once: whoever has to ask for them asks once."""
    problems = [problem for future in futures if (problem := future.exception()) is not None]
    denied = [problem for problem in problems if isinstance(problem, AccessDeniedError)]
    if len(denied) > 1:
        actions = ", ".join(sorted({problem.action for problem in denied}))
        raise AccessDeniedError(
            "the state's bucket and lock cannot be looked at",
            action=denied[0].action,
            why=f"the caller lacks the IAM actions {actions}",
            hint="allow them, or use other credentials (AWS_PROFILE)",
        )
