"""The locked wheels for the Lambda runtime, unpacked by uv or, where that is not on PATH, by pip."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from paybot_ops.core.bundle import LOCK, RUNTIME_VERSION
from paybot_ops.errors import MissingToolError, PaybotError

_VERSION = ".".join(map(str, RUNTIME_VERSION))

# What users' settings may turn on and an unpacking into a directory cannot bear. Index and certificate settings
# (files and variables alike) are left as they are.
_OVERRULED = {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}

_URL = re.compile(r"\b[a-z][a-z0-9+]*://\S+")
_CREDENTIALS = re.compile(r"\S+:\S+@\S+")


def install(lock: bytes, target: Path, *, environ: Mapping[str, str], python: str) -> Literal["uv", "pip"]:
    """Unpack the wheels that a lock pins, for the runtime's Python and arm64, into `target`; says who did it.

    `lock` is the content that was hashed, so that an edit meanwhile cannot slip in; `target` is an empty directory.

    Both installers check every hash, and take wheels only: no package's build code runs here.
    Raises MissingToolError without uv and pip, PaybotError when the installer fails.
    """
    requirements = target.with_name(LOCK)
    requirements.write_bytes(lock)
    uv = shutil.which("uv", path=environ.get("PATH", ""))
    installer: Literal["uv", "pip"] = "uv" if uv else "pip"
    command = [
        *(_uv(uv, python) if uv else _pip(python)),
        *("--only-binary", ":all:", "--require-hashes"),
        *("--target", str(target.absolute()), "--requirement", str(requirements.absolute())),
    ]
    try:
        done = subprocess.run(
            command,
            env={**environ, **_OVERRULED},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise _no_installer() from error
    if done.returncode:
        raise _failure(installer, done.stdout + done.stderr)
    return installer


def _uv(uv: str, python: str) -> list[str]:
    # --link-mode copy: what is written into the directory must not reach uv's cache through a hard link.
    # --python: uv otherwise probes the interpreters on PATH and stops at the first that does not run (a pyenv shim).
    return [
        *(uv, "pip", "install", "--quiet", "--no-progress", "--color", "never", "--python", python),
        *("--no-compile-bytecode", "--link-mode", "copy"),
        *("--python-platform", "aarch64-manylinux2014", "--python-version", _VERSION),
    ]


def _pip(python: str) -> list[str]:
    # pip takes a platform tag to the letter, so the name that PEP 600 gave manylinux2014 is named too.
    return [
        *(python, "-m", "pip", "install", "--quiet", "--no-input", "--no-color", "--no-compile"),
        *("--disable-pip-version-check", "--implementation", "cp", "--python-version", _VERSION),
        *("--platform", "manylinux2014_aarch64", "--platform", "manylinux_2_17_aarch64"),
    ]


def _failure(installer: str, output: str) -> PaybotError:
    lowered = output.lower()
    if "no module named pip" in lowered:
        return _no_installer()
    why = f"{installer}: {_redacted(_last_line(output.splitlines()))}"
    if "do not match the hashes" in lowered or "hash mismatch" in lowered:
        package = re.search(r"([A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+)", output)
        return PaybotError(
            f"{package[1] if package else 'a package'} is not the one that {LOCK} pins",
            why=f"{installer}: its SHA-256 differs from the locked one",
            hint="do not deploy it: the index serves other bytes than when it was locked; find out why first",
        )
    if "no space left" in lowered:
        return PaybotError(
            "the bot's packages cannot be installed", why="No space left on device", hint="free some space"
        )
    return PaybotError(
        "the bot's packages cannot be installed",
        why=why,
        hint=f"check the network and your package index, and that {LOCK} has arm64 wheels for Python {_VERSION}",
    )


def _last_line(lines: Sequence[str]) -> str:
    """The line that says why: the last one that starts an error, else the last one that says anything."""
    said = [line.strip() for line in lines if line.strip()]
    errors = [line for line in said if line.lower().startswith(("error", "×", "╰─▶", "cause:", "caused by"))]
    return (errors or said or ["it gave no reason"])[-1]


def _redacted(line: str) -> str:
    return _CREDENTIALS.sub("[hidden]", _URL.sub("[url]", line))


def _no_installer() -> MissingToolError:
    return MissingToolError(
        "the bot's packages cannot be installed",
        why="neither uv is on PATH nor does this Python have pip",
        hint="install uv, or run: python -m ensurepip",
    )
