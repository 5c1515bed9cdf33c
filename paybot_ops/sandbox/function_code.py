"""The uploaded zip, unpacked as Lambda would unpack it, and refused where it reaches outside its folder."""

from __future__ import annotations

import io
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

UNPACKED_LIMIT = 250 * 1024 * 1024
"""Bytes of the unpacked code ("Lambda quotas": 250 MB, layers included)."""

_ENTRIES_LIMIT = 100_000


class CodeRefused(Exception):
    """The zip cannot be unpacked; the text says why and names the entry."""


def unpack(code: bytes, folder: Path) -> None:
    """Unpack a deployment package into the folder, whole or not at all. Raises CodeRefused."""
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            _check(archive)
            for entry in archive.infolist():
                _write(archive, entry, folder)
    # NotImplementedError: an unknown compression; RuntimeError: an encrypted entry; OSError: a file where a folder is.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise CodeRefused(str(error)) from error
    except CodeRefused:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _check(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > _ENTRIES_LIMIT:
        raise CodeRefused(f"it has {len(entries)} entries")
    if sum(entry.file_size for entry in entries) > UNPACKED_LIMIT:
        raise CodeRefused(f"unzipped size must be smaller than {UNPACKED_LIMIT} bytes")
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
            raise CodeRefused(f"entry {entry.filename!r} lies outside the package")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise CodeRefused(f"entry {entry.filename!r} is a symbolic link")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / entry.filename
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # zipfile reads no more than the size that was checked, whatever the compressed data would grow to.
    with archive.open(entry) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    if (entry.external_attr >> 16) & stat.S_IXUSR:
        target.chmod(0o755)
