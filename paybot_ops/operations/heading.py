"""The heading of a reading command: whose account it reads, found out while it reads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from paybot_ops.adapters.session import check_region
from paybot_ops.operations.target import Target


@contextmanager
def heading(target: Target) -> Iterator[None]:
    """Say account, region and environment once the block is done; the question who calls goes out beside its own.

    Raises:
        UsageError: there is no such region.
    """
    if target.endpoint:
        yield
        target.screen.note(target.header(), style="bold")
        return
    check_region(target.session)
    with ThreadPoolExecutor(max_workers=1) as pool:
        header = pool.submit(target.header)
        yield
        target.screen.note(header.result(), style="bold")
