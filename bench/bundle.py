"""The bundle: a second package against the first, and its cold start against that of a zip made by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from bench.measure import Ratio, compare, seconds
from paybot_ops.core.bundle import RUNTIME

ROOT = Path(__file__).resolve().parent.parent
_RUNTIME_ENVIRONMENT = ROOT / ".venv/lambda-runtime"
_PAYBOT = str(Path(sys.executable).with_name("paybot"))
# What the hand-built zip carries although the runtime has it.
_BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")


def figures() -> Iterator[Ratio]:
    """The bundle's figures; the cold start needs an interpreter of the runtime's version."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        subprocess.run([_PAYBOT, "init", folder], check=True, capture_output=True)
        yield _second_package(workspace)
        cold = list(_cold_start(workspace))
        if not cold:
            print(f"bundle's cold start: not measured, {RUNTIME} was not found")
        yield from cold


def _second_package(workspace: Path) -> Ratio:
    # As on a new machine: no installer has a cache of what it fetches.
    environ = os.environ | {"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}

    def package(*more: str) -> None:
        subprocess.run([_PAYBOT, "package", *more], cwd=workspace, env=environ, check=True, capture_output=True)

    return compare("a second `paybot package` / the first", 0.1, package, lambda: package("--force"), rounds=5)


def _cold_start(workspace: Path) -> Iterator[Ratio]:
    python = _runtime_python()
    if python is None:
        return
    by_hand = workspace / "by-hand.zip"
    _zip_by_hand(workspace, by_hand)
    done = subprocess.run(
        [python, "-m", "bench.cold_start", workspace / "build/lambda.zip", by_hand],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    ours, theirs = json.loads(done.stdout)
    yield Ratio("cold start to the first reply / that of the hand-made zip", ours[0], theirs[0], 0.5)
    yield Ratio("cold start to the first tokenized card / the same", ours[1], theirs[1], 0.5)
    if ours[2]:
        yield Ratio("resident memory after the first reply / the same", ours[2], theirs[2], 0.7, unit="MB")


def _zip_by_hand(workspace: Path, target: Path) -> None:
    """As the guide's readers do it: everything that pip installs, boto3 too, without byte code, imported at once."""
    site = workspace / "site"
    with zipfile.ZipFile(workspace / "build/lambda.zip") as archive:
        archive.extractall(site)
    for name in _BOTO3:
        found = distribution(name)
        for file in found.files or ():
            if file.parts[0] != "..":
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(found.locate_file(file)), site / file)
    handler = site / "payment_bot/handler.py"
    handler.write_text(handler.read_text() + "\nimport boto3, stripe, payment_bot.wiring\n")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(site.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, path.relative_to(site))


def _runtime_python() -> str | None:
    """An environment with the embedded AWS for the runtime's interpreter; made once, from the package index."""
    from paybot_ops.adapters.packaging.interpreter import find_interpreter

    python = _RUNTIME_ENVIRONMENT / "bin/python"
    if not python.exists():
        found = find_interpreter(os.environ)
        if found is None:
            return None
        print(f"making an environment for {RUNTIME}: {seconds(lambda: _make_environment(str(found))):.0f} s")
    return str(python)


def _make_environment(interpreter: str) -> None:
    subprocess.run([interpreter, "-m", "venv", _RUNTIME_ENVIRONMENT], check=True)
    subprocess.run(
        [
            _RUNTIME_ENVIRONMENT / "bin/pip",
            "install",
            "-q",
            "--require-hashes",
            "-r",
            ROOT / "requirements/sandbox.txt",
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )
