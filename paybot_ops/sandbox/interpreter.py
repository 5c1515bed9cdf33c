"""The isolated interpreter: the standard library, what the Lambda runtime ships, the bundle, and nothing else."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

_BOOTSTRAP = Path(__file__).with_name("function_bootstrap.py")

# What a Python Lambda runtime has beside the standard library ("Runtime-included SDK versions" of the Lambda guide).
_SHIPPED_WITH_THE_RUNTIME = ("boto3", "awslambdaric")

_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)[^;]*(?:;(?P<marker>.*))?$")


def command(lifeline: int, runtime_folder: Path) -> list[str]:
    """The command line of a worker: none of Python's environment variables, no site-packages, no .pth files.

    Nothing is written beside the code (`-B`): on Lambda it is read-only, so that every cold start compiles what has no
    `.pyc`.
    """
    return [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(_BOOTSTRAP), str(lifeline), str(runtime_folder)]


def build_runtime_folder(folder: Path) -> Path:
    """Fill the folder with links to the closure of boto3 and awslambdaric as installed here, and return it."""
    folder.mkdir(parents=True)
    for found in closure(*_SHIPPED_WITH_THE_RUNTIME):
        for top in {file.parts[0] for file in found.files or ()}:
            # Scripts are listed as ../../../bin/…; a stray __pycache__ belongs to single-file modules.
            if top not in ("..", "__pycache__"):
                (folder / top).symlink_to(Path(str(found.locate_file(top))).resolve())
    return folder


def closure(*names: str) -> Iterator[Distribution]:
    """These distributions and all that they require, each once; extras are left out.

    A requirement whose marker does not hold here is simply not installed, so that no marker has to be evaluated.
    Raises PackageNotFoundError when one of `names` itself is not installed.
    """
    waiting = [distribution(name) for name in names]
    seen = {_canonical(found.name) for found in waiting}
    while waiting:
        found = waiting.pop()
        yield found
        for name in _required_by(found):
            if _canonical(name) not in seen:
                seen.add(_canonical(name))
                waiting.extend(_installed(name))


def _required_by(found: Distribution) -> Iterator[str]:
    for line in found.requires or ():
        match = _REQUIREMENT.match(line)
        if match and "extra" not in (match["marker"] or ""):
            yield match["name"]


def _installed(name: str) -> list[Distribution]:
    try:
        return [distribution(name)]
    except PackageNotFoundError:
        return []


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
