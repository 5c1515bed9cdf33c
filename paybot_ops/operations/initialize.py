"""`terraform init`, only when something that it depends on has changed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from paybot_ops.core.terraform_errors import explain
from paybot_ops.errors import StoppedError
from paybot_ops.operations.target import Target

# Where a module says what `init` reads: its required providers, backend, provider settings and child modules.
_READ_BY_INIT = re.compile(r"^\s*(terraform|provider|module)\b", re.MULTILINE)


def ensure_initialized(target: Target, *, force: bool = False) -> bool:
    """Initialize the directory if it is not; True when that was needed.

    Raises:
        PaybotError: the provider cannot be had, the directory is not writable, the backend refuses.
    """
    stamp = target.workspace.data_dir / "paybot-init"
    wanted = _digest(target)
    if not force and _is_current(stamp, wanted):
        return False
    with target.screen.step("terraform init"):
        run = target.terraform.init(target.backend_file, lambda _event: None)
    if run.interrupted:
        raise StoppedError("interrupted", why="nothing was changed")
    if run.code != 0:
        raise explain("init", run.code, run.errors)
    stamp.write_text(_digest(target), encoding="utf-8")
    return True


def _is_current(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and (stamp.parent / "providers").is_dir()


def _digest(target: Target) -> str:
    seen = hashlib.sha256()
    lock = target.workspace.directory / ".terraform.lock.hcl"
    files = [*target.workspace.module_files(), lock, *([target.backend_file] if target.backend_file else [])]
    for path in files:
        if path.is_file():
            content = path.read_bytes()
            if path.suffix != ".tf" or _READ_BY_INIT.search(content.decode("utf-8", "replace")):
                seen.update(path.name.encode() + b"\0" + content + b"\0")
    return seen.hexdigest()
