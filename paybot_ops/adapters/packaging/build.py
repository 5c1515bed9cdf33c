"""The build, from sources to three files: `lambda.zip`, `lambda.json` (what is on record about it), `lambda.sha256`.

Everything is made in a directory beside them and moved into place at the end, the hash last: Terraform reads the hash,
so a build that was killed at any point leaves either the old bundle or a pair that the next run does not believe.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from paybot_ops.adapters.packaging.inputs import disk_errors, files_below, read_inputs
from paybot_ops.core.bundle import (
    LOCK,
    MARKER,
    MAX_BYTES,
    RUNTIME,
    Built,
    compresses_as_usual,
    digest_inputs,
    heaviest,
    is_kept,
    locked_names,
    marker,
    parse_built,
    sha256,
    top_names,
    zip_bundle,
)
from paybot_ops.errors import PaybotError

ZIP_NAME = "lambda.zip"
RECORD_NAME = "lambda.json"
HASH_NAME = "lambda.sha256"

_WORK_PREFIX = ".lambda-"
_ABANDONED_AFTER_SECONDS = 3600

_WITHOUT_BYTE_CODE = (
    f"built without byte code, so cold starts are slower: no working {RUNTIME} was found "
    f"(put one on PATH or name it in PAYBOT_LAMBDA_PYTHON, then package with --force)"
)
_OTHER_ZLIB = (
    "this Python's zlib is not the reference one: the zip is as good, "
    "but its bytes differ from those of a build elsewhere"
)

Progress = Callable[[str], None]
Installer = Literal["uv", "pip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleReport:
    """What became of a build: `bytes` is the zip's size, `built` False when there was nothing to do."""

    path: Path
    bytes: int
    source_hash: str
    built: bool
    precompiled: bool
    installer: Installer | None
    seconds: float
    warnings: tuple[str, ...] = ()


def read_built(build_dir: Path) -> Built | None:
    """The record of the bundle in `build_dir`, or None unless zip, record and hash belong together."""
    try:
        built = parse_built((build_dir / RECORD_NAME).read_text())
        recorded_hash = (build_dir / HASH_NAME).read_text().strip()
        if built is None or built.source_sha256 != recorded_hash:
            return None
        content = (build_dir / ZIP_NAME).read_bytes()
    except (OSError, UnicodeDecodeError):
        return None
    return built if len(content) == built.size and sha256(content) == built.zip_sha256 else None


def build_bundle(
    lambda_dir: Path,
    build_dir: Path,
    *,
    force: bool = False,
    progress: Progress = lambda _: None,
    environ: Mapping[str, str] = os.environ,
    python: str = sys.executable,
) -> BundleReport:
    """Build the bundle of the bot in `lambda_dir` into `build_dir`; nothing is done when it is there already.

    A bundle without byte code counts as done too: an interpreter that turns up later changes nothing until `force`,
    as the code is the same and Terraform would not deploy it. `environ` is what the installer and the search for an
    interpreter see, `python` the interpreter whose pip is used where uv is not on PATH.
    Raises PaybotError, with what was there before left in place.
    """
    started = time.monotonic()
    inputs = read_inputs(lambda_dir)
    wanted = digest_inputs(inputs)
    built = read_built(build_dir)
    if built is not None and built.source_sha256 == wanted and not force:
        known = () if built.precompiled else (_WITHOUT_BYTE_CODE,)
        return _report(build_dir, built, started, now=False, warnings=known)
    from paybot_ops.adapters.packaging.installer import install
    from paybot_ops.adapters.packaging.interpreter import find_interpreter, precompile

    with disk_errors(build_dir), _work_directory(build_dir) as work:
        interpreter = find_interpreter(environ, python)
        root = work / "bundle"
        root.mkdir()
        installer: Installer | None = None
        if pinned := locked_names(inputs[LOCK].decode()):
            progress(f"installing {len(pinned)} locked packages")
            installer = install(inputs[LOCK], root, environ=environ, python=python)
        files = _lay_out(inputs, root)
        if interpreter is not None:
            progress(f"compiling for {RUNTIME}")
            files |= precompile(root, files, top_names(inputs), interpreter)
        files[MARKER] = marker(wanted)
        progress("writing the zip")
        content = zip_bundle(files)
        _check_size(content, files)
        precompiled = interpreter is not None
        built = Built(source_sha256=wanted, zip_sha256=sha256(content), size=len(content), precompiled=precompiled)
        _put_in_place(build_dir, work, content, built)
    said = {_WITHOUT_BYTE_CODE: not precompiled, _OTHER_ZLIB: not compresses_as_usual()}
    warnings = tuple(text for text, applies in said.items() if applies)
    return _report(build_dir, built, started, now=True, installer=installer, warnings=warnings)


def _lay_out(inputs: Mapping[str, bytes], root: Path) -> dict[str, bytes]:
    """Puts the bot's sources beside the installed packages; gives what of both goes into the bundle."""
    installed = {path: content for path, content in files_below(root) if is_kept(path)}
    sources = {path: content for path, content in inputs.items() if path != LOCK}
    for path, content in sources.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return installed | sources


@contextmanager
def _work_directory(build_dir: Path) -> Iterator[Path]:
    import shutil
    import tempfile

    build_dir.mkdir(parents=True, exist_ok=True)
    for left_over in build_dir.glob(f"{_WORK_PREFIX}*"):
        # A build that was killed could not clean up; a young directory may be another build at work.
        if time.time() - left_over.stat().st_mtime > _ABANDONED_AFTER_SECONDS:
            shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=build_dir, prefix=_WORK_PREFIX, ignore_cleanup_errors=True) as work:
        yield Path(work)


def _put_in_place(build_dir: Path, work: Path, content: bytes, built: Built) -> None:
    made = {
        ZIP_NAME: content,
        RECORD_NAME: built.to_json().encode(),
        HASH_NAME: f"{built.source_sha256}\n".encode(),
    }
    for name, data in made.items():
        (work / name).write_bytes(data)
    for name in made:
        (work / name).replace(build_dir / name)


def _check_size(content: bytes, files: Mapping[str, bytes]) -> None:
    if len(content) > MAX_BYTES:
        raise PaybotError(
            f"the bundle is {len(content) / 1024 / 1024:.1f} MiB, more than {MAX_BYTES // 1024 // 1024} MiB",
            why="heaviest: " + ", ".join(heaviest(files)),
            hint="take a dependency out of lambda/requirements.in, or data out of the bot's package; lock again",
        )


def _report(
    build_dir: Path,
    built: Built,
    started: float,
    *,
    now: bool,
    installer: Installer | None = None,
    warnings: tuple[str, ...],
) -> BundleReport:
    return BundleReport(
        path=build_dir / ZIP_NAME,
        bytes=built.size,
        source_hash=built.source_sha256,
        built=now,
        precompiled=built.precompiled,
        installer=installer,
        seconds=time.monotonic() - started,
        warnings=warnings,
    )
