"""What `versions` answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.versions import Alias, Version
from paybot_ops.render.times import second

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABSENT = "–"


def versions_table(versions: Sequence[Version], live: Alias | None, newest: int, pinned: str) -> RenderableType:
    """The versions, newest first; a number never wraps, so that it can be copied."""
    if not versions:
        return "no versions: the module publishes none, or nothing is deployed yet"
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("version", justify="right", no_wrap=True)
    for column in ("", "deployed (UTC)", "commit", "code"):
        table.add_column(column, no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("guardrail", no_wrap=True)
    table.add_column("by", overflow="fold")
    for version in versions:
        table.add_row(
            str(version.number),
            _standing(version, live, newest),
            second(version.when, local=False) if version.when else _ABSENT,
            Text(version.provenance.commit or _ABSENT),
            Text(version.short_hash),
            _size(version.code_size),
            Text(version.guardrail_version or _ABSENT),
            Text(_by(version) or _ABSENT),
        )
    notes = [Text(note, style="bold") for note in _notes(versions, live, pinned)]
    return Group(table, *notes)


def version_rows(versions: Sequence[Version], live: Alias | None, newest: int) -> tuple[dict[str, Any], ...]:
    """The versions for machines; sizes in bytes, memory in MB, time-outs in seconds."""
    return tuple(
        {
            "version": str(version.number),
            "live": live is not None and live.version == str(version.number),
            "share": (live.shares if live is not None else {}).get(str(version.number)),
            "newest": version.number == newest,
            "deployed": version.when,
            "commit": version.provenance.commit,
            "by": version.provenance.by,
            "description": version.description,
            "code_sha256": version.code_sha256,
            "code_size": version.code_size,
            "runtime": version.runtime,
            "memory": version.memory,
            "timeout": version.timeout,
            "model": version.model_id or None,
            "guardrail": version.guardrail_id or None,
            "guardrail_version": version.guardrail_version or None,
        }
        for version in versions
    )


def _by(version: Version) -> str:
    # The account is in the heading already.
    by = version.provenance.by or ""
    return by.split(":", 5)[-1] if by.startswith("arn:") else by or version.description


def _standing(version: Version, live: Alias | None, newest: int) -> str:
    words = ["live"] if live is not None and live.version == str(version.number) else []
    share = live.shares.get(str(version.number)) if live is not None else None
    words += [f"{share:.0%} of calls"] if share else []
    return ", ".join(words + (["newest"] if version.number == newest else []))


def _notes(versions: Sequence[Version], live: Alias | None, pinned: str) -> list[str]:
    if live is None:
        return ["no alias: the API invokes the function's own code, and no version can be made live"]
    notes = []
    if all(str(version.number) != live.version for version in versions):
        notes.append(f"live: {live.version}")
    if pinned:
        notes.append(f"live_version pins version {pinned}: deploys promote nothing until paybot rollback --latest")
    return notes


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MiB" if count >= 1024 * 1024 else f"{count / 1024:.1f} KiB"
