"""What the Lambda bundle is: what goes in, how each entry is written, and how two bundles are compared."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

RUNTIME_VERSION = (3, 13)
"""The Lambda runtime's Python, `python3.13` in the Terraform module."""

RUNTIME = f"python{RUNTIME_VERSION[0]}.{RUNTIME_VERSION[1]}"
ARCHITECTURE = "arm64"

FORMAT = 2
"""Raise it when the builder's rules change: every bundle then counts as changed and is built and deployed again."""

MAX_BYTES = 5 * 1024 * 1024
"""The largest bundle, in bytes: a cold start fetches and unpacks it, so this is a budget of time."""

ROOT_ON_LAMBDA = "/var/task"
MARKER = "paybot-bundle.json"
LOCK = "requirements.txt"

PROVIDED_BY_RUNTIME = {
    "boto3": "boto3",
    "botocore": "botocore",
    "s3transfer": "s3transfer",
    "jmespath": "jmespath",
    "python-dateutil": "dateutil",
    "six": "six.py",
}
"""Distribution to import name: left out, because the runtime ships boto3 with these and boto3 is 20 MB unpacked.

urllib3 belongs to the same family and stays in where the lock names it: it carries the TLS connection to the payment
provider, so its version is the lock's to choose and not the runtime's. Take a name out of this table when a
dependency needs a newer version than the runtime has; the bundle comes first on the import path.
(AWS Lambda Developer Guide, "Working with layers for Python Lambda functions: search path".)
"""

# What importlib.metadata reads: without them `version("x")` and plug-ins fail, and only in the account.
_KEPT_METADATA = frozenset({"METADATA", "entry_points.txt"})
_PRUNED_DIRECTORIES = frozenset({"tests", "test", "docs", "doc", "examples", "__pycache__"})
_PRUNED_SUFFIXES = frozenset(
    {".pyi", ".pyc", ".pyo", ".pyx", ".pxd", ".c", ".h", ".md", ".rst", ".dll", ".pyd", ".dylib"}
)
_PRUNED_NAMES = frozenset({"py.typed"})
# Types of parameters, for type checkers alone: the SDK loads them only where somebody asks for `stripe.params`.
_PRUNED_PACKAGES = (("stripe", "params"),)
_NATIVE_TAG = f"cpython-{RUNTIME_VERSION[0]}{RUNTIME_VERSION[1]}-aarch64-linux-gnu"

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_ZIP_MODE = 0o100644 << 16
_ZIP_UNIX = 3
_ZIP_LEVEL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What is on record about the bundle on disk: hashes are base64 SHA-256, size is in bytes."""

    source_sha256: str
    zip_sha256: str
    size: int
    precompiled: bool

    def to_json(self) -> str:
        """One JSON document with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True) + "\n"


def parse_built(text: str) -> Built | None:
    """The record that `Built.to_json` wrote, or None when it is not one (truncated, or of another format)."""
    try:
        found = json.loads(text)
        return Built(
            source_sha256=str(found["source_sha256"]),
            zip_sha256=str(found["zip_sha256"]),
            size=int(found["size"]),
            precompiled=bool(found["precompiled"]),
        )
    except (ValueError, TypeError, KeyError):
        return None


def sha256(content: bytes) -> str:
    """Base64 SHA-256, the form of Lambda's CodeSha256 and of Terraform's filebase64sha256."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def is_source(path: str) -> bool:
    """True when a file below a package of the bot is part of it: no tests, no dotfiles, nothing compiled.

    `path` is relative to the directory of the packages, with forward slashes.
    """
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") or part in {"__pycache__", "tests"} for part in parts):
        return False
    return not path.endswith((".pyc", ".pyo"))


def top_names(inputs: Collection[str]) -> tuple[str, ...]:
    """The bot's own top-level packages and modules, by the paths of its inputs."""
    return tuple(sorted({path.split("/", 1)[0].removesuffix(".py") for path in inputs if path != LOCK}))


def digest_inputs(files: Mapping[str, bytes]) -> str:
    """Base64 SHA-256 of the bundle's inputs: the bot's sources and its lock by relative path, and the builder's rules.

    Not of the zip: one with byte code and one without are the same code, and must not replace each other for ever.
    """
    digest = hashlib.sha256(f"paybot bundle {FORMAT} {RUNTIME} {ARCHITECTURE}\n".encode())
    for path in sorted(files):
        # Lengths, so that no two sets of files can run together into the same stream.
        digest.update(f"{len(path.encode())} {path} {len(files[path])}\n".encode())
        digest.update(files[path])
    return base64.b64encode(digest.digest()).decode()


def is_kept(path: str) -> bool:
    """True when an installed file is needed at run time on Lambda (`path` is relative, with forward slashes)."""
    parts = PurePosixPath(path).parts
    top, name = parts[0], parts[-1]
    if top.endswith(".dist-info"):
        distribution = top.rpartition(".")[0].rpartition("-")[0].lower().replace("_", "-")
        return len(parts) == 2 and name in _KEPT_METADATA and distribution not in PROVIDED_BY_RUNTIME
    if top == "bin" or top in PROVIDED_BY_RUNTIME.values():
        return False
    if any(part.startswith(".") for part in parts) or _PRUNED_DIRECTORIES.intersection(parts[:-1]):
        return False
    if any(parts[: len(package)] == package for package in _PRUNED_PACKAGES):
        return False
    if name in _PRUNED_NAMES or PurePosixPath(name).suffix in _PRUNED_SUFFIXES:
        return False
    return not name.endswith(".so") or _loads_on_lambda(name)


def _loads_on_lambda(library: str) -> bool:
    names_an_interpreter = ".cpython-" in library or ".pypy" in library
    return not names_an_interpreter or library.endswith(f".{_NATIVE_TAG}.so")


def pyc_path(source: str) -> str:
    """Where the runtime looks for a module's byte code: `pkg/m.py` -> `pkg/__pycache__/m.cpython-313.pyc`."""
    path = PurePosixPath(source)
    tag = f"cpython-{RUNTIME_VERSION[0]}{RUNTIME_VERSION[1]}"
    return str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")


def marker(source_sha256: str) -> bytes:
    """The content of the bundle's own entry, by which a deployed bundle is known again."""
    return (json.dumps({"format": FORMAT, "runtime": RUNTIME, "source_sha256": source_sha256}) + "\n").encode()


def zip_bundle(files: Mapping[str, bytes]) -> bytes:
    """The zip of `files` by relative path: the same bytes for the same files, whatever the machine's clock or umask.

    The compressed bytes are zlib's (see `compresses_as_usual`); level 6 gave the same ones in 1.2.13 and in 1.3.1.
    """
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _ZIP_TIME)
            entry.create_system = _ZIP_UNIX
            entry.external_attr = _ZIP_MODE
            archive.writestr(entry, files[path], zipfile.ZIP_DEFLATED, _ZIP_LEVEL)
    return stream.getvalue()


def compresses_as_usual() -> bool:
    """True when this Python's zlib gives the reference zlib's bytes.

    zlib-ng (the system zlib of some distributions) compresses the same content into other bytes: such a bundle is as
    good, and has the same source hash, but is not byte-identical with one that was built elsewhere.
    """
    sample = " ".join(str(number * number % 9973) for number in range(20_000)).encode()
    squeeze = zlib.compressobj(_ZIP_LEVEL, zlib.DEFLATED, -15)
    compressed = squeeze.compress(sample) + squeeze.flush()
    return hashlib.sha256(compressed).hexdigest().startswith("74c6d3e644cec485")


def read_bundle_digest(content: bytes) -> str | None:
    """The source hash inside a bundle's bytes, or None when paybot did not build it (or it is not a zip)."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = json.loads(archive.read(MARKER))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, NotImplementedError, zlib.error):
        return None
    digest = found.get("source_sha256") if isinstance(found, dict) else None
    return digest if isinstance(digest, str) else None


def code_differs(
    *, source_sha256: str, deployed_sha256: str, built: Built | None, deployed_zip: bytes | None = None
) -> bool | None:
    """Does the deployed code differ from the source? None: only the deployed zip can tell; ask again with its bytes.

    `deployed_sha256` is GetFunction's CodeSha256, `built` the record of the local bundle. The zip's own hash settles
    it when the local bundle is current and is what runs; else the marker inside the deployed zip does, because a
    bundle with byte code and one without are the same code. A zip without a marker was not built here: it differs.
    """
    if built is not None and built.source_sha256 == source_sha256 and built.zip_sha256 == deployed_sha256:
        return False
    if deployed_zip is None:
        return None
    return read_bundle_digest(deployed_zip) != source_sha256


def heaviest(files: Mapping[str, bytes], count: int = 3) -> tuple[str, ...]:
    """The top-level names that weigh most, unpacked, with their size in MiB: what to look at in a bundle too large."""
    weights: dict[str, int] = {}
    for path, content in files.items():
        top = PurePosixPath(path).parts[0]
        weights[top] = weights.get(top, 0) + len(content)
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:count]
    return tuple(f"{name}: {weight / 1024 / 1024:.1f} MiB unpacked" for name, weight in ranked)


def locked_names(lock: str) -> tuple[str, ...]:
    """The distributions that a lock pins, in its order."""
    pins = (line for line in lock.splitlines() if "==" in line and not line.lstrip().startswith(("#", "-")))
    return tuple(line.split("==", 1)[0].strip() for line in pins)
