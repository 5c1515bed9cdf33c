"""An interpreter of the Lambda runtime's version: found, believed only when it has run, and made to compile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from paybot_ops.core.bundle import ROOT_ON_LAMBDA, RUNTIME, RUNTIME_VERSION, pyc_path
from paybot_ops.errors import PaybotError, UsageError

CHOSEN_BY = "PAYBOT_LAMBDA_PYTHON"

_PROBE_SECONDS = 20

# The free-threaded build shares the version and not the byte code's details.
_PROBE = (
    "import sys, sysconfig; "
    "print(sys.implementation.name, *sys.version_info[:2], sysconfig.get_config_var('Py_GIL_DISABLED') or 0)"
)
_EXPECTED = ["cpython", *map(str, RUNTIME_VERSION), "0"]


def find_interpreter(environ: Mapping[str, str], python: str = sys.executable) -> str | None:
    """The path of a CPython of the runtime's minor version, or None.

    Looked for in PAYBOT_LAMBDA_PYTHON, beside `python`, on all of PATH, among pyenv's versions and uv's own.
    Raises UsageError when PAYBOT_LAMBDA_PYTHON names something else.
    """
    chosen = environ.get(CHOSEN_BY)
    if chosen:
        if _is_runtime(chosen, environ):
            return chosen
        raise UsageError(f"{CHOSEN_BY} does not name a working {RUNTIME}", hint="unset it, or name such an interpreter")
    return next((path for path in _candidates(environ, python) if _is_runtime(path, environ)), None)


def precompile(root: Path, paths: Collection[str], own: Sequence[str], interpreter: str) -> dict[str, bytes]:
    """The byte code, by its path in the bundle, of the modules that the bot loads.

    `paths` are the bundle's files below `root` (the `.pyc` are written there too), `own` the bot's top-level names.
    Raises PaybotError when a module of the bot does not compile.
    """
    script = Path(__file__).with_name("compile_loaded.py")
    request = json.dumps({"root": str(root), "paths": sorted(paths), "own": list(own), "prefix": ROOT_ON_LAMBDA})
    done = subprocess.run(
        [interpreter, "-I", "-S", "-B", "-W", "ignore", str(script)],
        input=request.encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise PaybotError(
            f"{RUNTIME} could not compile the bundle",
            why=_last_line(done.stderr),
            hint=f"name another interpreter of that version in {CHOSEN_BY}",
        )
    answer = json.loads(done.stdout)
    if answer["broken"]:
        raise PaybotError(
            f"the bot does not compile for {RUNTIME}",
            why=answer["broken"],
            hint="mend that line: Lambda cannot load it",
        )
    return {pyc_path(path): (root / f"{path}.pyc").read_bytes() for path in answer["compiled"]}


def _candidates(environ: Mapping[str, str], python: str) -> Iterator[str]:
    yield str(Path(python).with_name(RUNTIME))
    for directory in dict.fromkeys(environ.get("PATH", "").split(os.pathsep)):
        if directory:
            yield str(Path(directory, RUNTIME))
    pyenv = environ.get("PYENV_ROOT") or (str(Path(environ["HOME"], ".pyenv")) if environ.get("HOME") else "")
    if pyenv:
        version = ".".join(map(str, RUNTIME_VERSION))
        found = Path(pyenv, "versions").glob(f"{version}*/bin/{RUNTIME}")
        yield from (str(path) for path in sorted(found, reverse=True))
    yield from _known_to_uv(environ)


def _known_to_uv(environ: Mapping[str, str]) -> Iterator[str]:
    # Only those that uv installed: PATH was searched already, and a shim on it that fails makes uv give up.
    asked = {**environ, "UV_PYTHON_PREFERENCE": "only-managed", "UV_PYTHON_DOWNLOADS": "never"}
    uv = shutil.which("uv", path=environ.get("PATH", ""))
    answer = _output([uv, "python", "find", RUNTIME.removeprefix("python")], asked) if uv else None
    if answer is not None:
        yield answer.strip()


def _is_runtime(path: str, environ: Mapping[str, str]) -> bool:
    answer = _output([path, "-I", "-S", "-c", _PROBE], environ)
    return answer is not None and answer.split() == _EXPECTED


def _output(command: list[str], environ: Mapping[str, str]) -> str | None:
    if not os.access(command[0], os.X_OK):
        return None
    try:
        done = subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it gave no reason"
