"""`terraform init`, only when something that it depends on has changed."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from paybot_ops.adapters.local_states import read_bytes
from paybot_ops.adapters.migration_journal import is_migrating
from paybot_ops.adapters.terraform import Run
from paybot_ops.core.state import parse_state
from paybot_ops.core.terraform_errors import explain
from paybot_ops.errors import MissingToolError, PaybotError, StoppedError, UsageError
from paybot_ops.operations.target import Target

# Where a module says what `init` reads: its required providers, backend, provider settings and child modules.
_READ_BY_INIT = re.compile(r"^\s*(terraform|provider|module)\b", re.MULTILINE)


def ensure_initialized(target: Target, *, force: bool = False) -> bool:
    """Initialize the directory if it is not; True when that was needed.

    Raises:
        PaybotError: the provider cannot be had, the directory is not writable, the backend refuses.
    """
    check_not_between(target)
    stamp = stamp_of(target)
    wanted = _digest(target)
    if not force and _is_current(stamp, wanted):
        return False
    _forget_cut_off_backend(target.workspace.data_dir / "terraform.tfstate")
    with target.screen.step("terraform init"):
        run = target.terraform.init(target.backend_options, lambda _event: None)
    if run.interrupted:
        raise StoppedError("interrupted", why="nothing was changed")
    if run.code != 0:
        raise _explained(target, run)
    note_initialized(target)
    return True


def _forget_cut_off_backend(path: Path) -> None:
    """Remove Terraform's note of the backend where a full disk or a kill cut it off: no `init` gets past it."""
    try:
        json.loads("{}" if (content := read_bytes(path)) is None else content)
    except ValueError:
        path.unlink()


def _explained(target: Target, run: Run) -> PaybotError:
    error = explain("init", run.code, run.errors)
    mirror = target.provider_mirror
    if isinstance(error, MissingToolError) and mirror is not None:
        error.why = f"the mirror {mirror} was asked instead of the registry, and has no version that fits"
    return error


def is_initialized(target: Target) -> tuple[bool, bool]:
    """Whether the directory is initialized for what its module says now, and whether it was for something else.

    A plain `terraform init`, which leaves no note of ours, counts as long as its providers are there.
    """
    stamp = stamp_of(target)
    if not stamp.is_file():
        return (target.workspace.data_dir / "providers").is_dir(), False
    current = stamp.read_text(encoding="utf-8") == _digest(target)
    return current, not current


def note_initialized(target: Target) -> None:
    """Note what the directory is initialized for, so that it is not done again before something changes."""
    stamp_of(target).write_text(_digest(target), encoding="utf-8")


def stamp_of(target: Target) -> Path:
    """Where it is noted what the directory was initialized for."""
    return target.workspace.data_dir / "paybot-init"


def check_not_between(target: Target) -> None:
    """Refuse to work on a state that is neither here nor there: Terraform would find none and create everything anew.

    Raises:
        UsageError: a migration was interrupted, or the module says S3 and the state is still beside it.
    """
    if is_migrating(target.workspace.data_dir):
        raise UsageError(
            "the state is on its way: a migration was interrupted",
            hint="finish it first: run the same paybot migrate-state again",
        )
    if not target.state_is_remote:
        return
    left = parse_state(read_bytes(target.workspace.local_state) or b"")
    if left is not None and left.addresses:
        raise UsageError(
            f"the module says that its state is remote, and {target.workspace.local_state.name} here holds "
            f"{len(left.addresses)} resources",
            why="Terraform would not see them, and create everything again",
            hint="move it: paybot migrate-state",
        )


def _is_current(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and (stamp.parent / "providers").is_dir()


def _digest(target: Target) -> str:
    seen = hashlib.sha256()
    lock = target.workspace.directory / ".terraform.lock.hcl"
    values = target.workspace.backend_file(target.settings.environment) if target.state_is_remote else None
    files = [*target.workspace.module_files(), lock, *([values] if values else [])]
    for path in files:
        if path.is_file():
            content = path.read_bytes()
            if path.suffix != ".tf" or _READ_BY_INIT.search(content.decode("utf-8", "replace")):
                seen.update(path.name.encode() + b"\0" + content + b"\0")
    return seen.hexdigest()
