"""What is installed under a name: the first line that a program prints of its version."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping

from paybot_ops.errors import MissingToolError

_LONGEST_SECONDS = 10


def version_text(program: str, environ: Mapping[str, str]) -> str | None:
    """What `<program> version` prints, run where no module is; None when it is not on PATH.

    Raises:
        MissingToolError: it is there, and does not run or does not end.
    """
    found = shutil.which(program, path=environ.get("PATH"))
    if found is None:
        return None
    with tempfile.TemporaryDirectory(prefix="paybot-version-") as folder:
        try:
            done = subprocess.run(
                [found, "version"],
                cwd=folder,
                env={**environ, "CHECKPOINT_DISABLE": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise MissingToolError(
                f"{program} does not say its version within {_LONGEST_SECONDS} s", hint=f"try it: {program} version"
            ) from error
        except OSError as error:
            raise MissingToolError(
                f"{program} does not run", why=error.strerror or str(error), hint=f"try it: {program} version"
            ) from error
    return done.stdout
