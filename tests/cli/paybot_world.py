"""A command line as a user types it, in a process of its own: stdout, stderr and exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ran:
    """One finished command line."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class Paybot:
    """`paybot` in one folder, with an environment that a test may change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ: dict[str, str] = dict(os.environ)

    def __call__(self, *arguments: str, environ: Mapping[str, str] | None = None, timeout: float = 300) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "paybot_ops.cli", *arguments],
            cwd=self.folder,
            env=self.environ | dict(environ or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)


def started(paybot: Paybot, *arguments: str) -> subprocess.Popen[str]:
    """The same, still running."""
    return subprocess.Popen(
        [sys.executable, "-m", "paybot_ops.cli", *arguments],
        cwd=paybot.folder,
        env=paybot.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(holds: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until something holds; a test that waits in vain says for what."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)
