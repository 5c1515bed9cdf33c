"""Run by the runtime's interpreter: byte code of the modules that the bot loads, beside their sources.

Reads one JSON document on stdin (`root`, `paths`, `own`, `prefix`), writes `<path>.pyc` below `root`, prints one JSON
document: `compiled` (paths) and `broken` (where the bot itself does not compile, or empty). Standard library only, and
no site-packages: the same input gives the same bytes whatever else that interpreter has installed.
"""

from __future__ import annotations

import importlib.util
import json
import marshal
import sys
from pathlib import Path

UNCHECKED_HASH = (0b01).to_bytes(4, "little")
"""PEP 552: byte code that is loaded without a look at its source, whose time a zip does not keep exactly."""


def byte_code(source: bytes, shown_as: str) -> bytes:
    """The content of an unchecked-hash `.pyc`; `shown_as` is the path that tracebacks print."""
    code = compile(source, shown_as, "exec", dont_inherit=True, optimize=0)
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source) + marshal.dumps(code)


def _compile(source: Path, shown_as: str, *, must: bool) -> bool:
    content = source.read_bytes()
    try:
        pyc = byte_code(content, shown_as)
    except SyntaxError:
        # Dependencies carry modules for other Pythons, which they import only there.
        if must:
            raise
        return False
    source.with_name(f"{source.name}.pyc").write_bytes(pyc)
    return True


def _top(path: str) -> str:
    return path.partition("/")[0].removesuffix(".py")


def main() -> None:
    """Answer the one request on stdin."""
    sys.path.append(str(Path(__file__).parents[3]))
    from paybot_ops.core.loaded_modules import find_loaded

    request = json.load(sys.stdin)
    root = Path(request["root"])
    compiled: list[str] = []
    broken = ""
    try:
        for path in find_loaded(request["paths"], request["own"], lambda path: (root / path).read_bytes()):
            if _compile(root / path, f"{request['prefix']}/{path}", must=_top(path) in request["own"]):
                compiled.append(path)
    except SyntaxError as error:
        broken = f"{(error.filename or '').removeprefix(request['prefix'] + '/')}:{error.lineno}: {error.msg}"
    json.dump({"compiled": compiled, "broken": broken}, sys.stdout)


if __name__ == "__main__":
    main()
