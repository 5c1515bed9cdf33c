"""`paybot versions`: what was deployed when and by whom, and which of it customers talk to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from paybot_ops.adapters import lambda_
from paybot_ops.core.rollback import PIN, pinned_version
from paybot_ops.core.versions import Alias, Version
from paybot_ops.operations.heading import heading
from paybot_ops.operations.live_function import live_function
from paybot_ops.operations.target import Target
from paybot_ops.operations.value_edits import read_values


@dataclass(frozen=True, slots=True)
class VersionList:
    """The versions of a function, newest first; `live` is None in a module without an alias, `pinned` "" for none."""

    function: str
    versions: tuple[Version, ...]
    newest: int
    live: Alias | None
    pinned: str


def list_versions(target: Target, limit: int) -> VersionList:
    """The published versions, at most `limit` of them, and the alias that customers reach.

    Raises:
        PaybotError: nothing is deployed, or AWS does not say.
    """
    with heading(target):
        found = live_function(target)
        with ThreadPoolExecutor(max_workers=2) as pool:
            listing = pool.submit(lambda_.list_versions, target.session, found.function)
            alias = lambda_.find_alias(target.session, found.function, found.alias) if found.alias else None
            versions = listing.result()
    pinned = pinned_version(read_values(target, (PIN,)).get(PIN))
    newest = versions[0].number if versions else 0
    return VersionList(found.function, versions[:limit], newest, alias, pinned)
