"""When this workspace asked for a subscription: SNS itself never says how long one has been pending."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from paybot_ops.core.subscriptions import Subscription

_NAME = "subscriptions.json"
# Longer than any of them stays pending.
_KEPT = timedelta(days=7)


def asked_at(folder: Path, subscription: Subscription) -> datetime | None:
    """When it was asked for here; None when it was not, or the log cannot be read."""
    found = _read(folder).get(_key(subscription.topic, subscription.protocol, subscription.endpoint))
    try:
        return datetime.fromisoformat(found) if found else None
    except ValueError:
        return None


def note_asked(folder: Path, asked: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Remember that (topic, protocol, endpoint) was asked for; addresses are kept only as hashes."""
    kept = {key: at for key, at in _read(folder).items() if _is_recent(at, now)}
    kept |= {_key(*each): now.astimezone(UTC).isoformat(timespec="seconds") for each in asked}
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = folder / f"{_NAME}.tmp"
        temporary.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        temporary.replace(folder / _NAME)
    except OSError:
        return  # only the age of a pending one would be missing


def _read(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(at) for key, at in found.items()} if isinstance(found, dict) else {}


def _key(topic: str, protocol: str, endpoint: str) -> str:
    return hashlib.sha256(f"{topic}|{protocol}|{endpoint.casefold()}".encode()).hexdigest()[:32]


def _is_recent(at: str, now: datetime) -> bool:
    try:
        return now - datetime.fromisoformat(at) < _KEPT
    except (ValueError, TypeError):
        return False
