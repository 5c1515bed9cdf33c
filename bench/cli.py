"""What every invocation pays: `--help`, `--version`, and the settings of a workspace."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Ratio, compare

_SETTINGS_LIMIT_SECONDS = 0.050


def figures() -> Iterator[Ratio]:
    """The figures of the command line itself."""
    paybot = str(Path(sys.executable).with_name("paybot"))
    for option in ("--help", "--version"):
        yield compare(
            f"paybot {option} / python -c 'import typer'",
            1.3,
            lambda option=option: _run(paybot, option),  # type: ignore[misc]
            lambda: _run(sys.executable, "-c", "import typer"),
            rounds=15,
        )
    yield Ratio("reading the settings of a workspace / 50 ms", _settings(), _SETTINGS_LIMIT_SECONDS, 1.0)


def _settings() -> float:
    """In a process of its own, imports included, as a command pays for it."""
    script = (
        "import time; started = time.perf_counter()\n"
        "from pathlib import Path\n"
        "from paybot_ops.adapters.workspace import find_workspace\n"
        "from paybot_ops.operations.settings import read_settings\n"
        "read_settings(find_workspace(Path.cwd(), None, None))\n"
        "print(time.perf_counter() - started)"
    )
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "paybot_ops.cli", "init", folder], check=True, capture_output=True)
        runs = [
            float(subprocess.run([sys.executable, "-c", script], cwd=folder, check=True, capture_output=True).stdout)
            for _ in range(9)
        ]
    return sorted(runs)[len(runs) // 2]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
