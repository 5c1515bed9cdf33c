"""The state's home: `paybot bootstrap-state` against the five commands of the hand-run guide, on the same server."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.measure import Ratio, compare
from paybot_ops.sandbox import process

_ROUNDS = 7
_ENCRYPTION = '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
_BLOCK = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"


def figures() -> Iterator[Ratio]:
    """A fresh home, and one that is already as it should be."""
    if shutil.which("aws") is None:
        raise SystemExit("the figures of the state compare with the aws CLI, which is not on PATH")
    paybot = str(Path(sys.executable).with_name("paybot"))
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        _run({}, paybot, "init", folder)
        started = process.start(workspace, exit_with_parent=True)
        try:
            environ = _environment(started.endpoint)
            names = (f"bench-{number}" for number in itertools.count())

            def bootstrap(name: str) -> None:
                for file in workspace.rglob("*.s3.tfbackend"):
                    file.unlink()
                command = (paybot, "bootstrap-state", "--dir", folder, "--bucket", name, "--lock-table", name, "--yes")
                _run(environ, *command)

            yield compare(
                "bootstrap-state / the five aws commands",
                0.3,
                lambda: bootstrap(next(names)),
                lambda: _by_hand(environ, next(names)),
                rounds=_ROUNDS,
            )
            bootstrap("settled-state")
            again = (paybot, "bootstrap-state", "--dir", folder, "--lock-table", "settled-state", "--yes")
            yield compare(
                "bootstrap-state with nothing to do / the five aws commands",
                0.25,
                lambda: _run(environ, *again),
                lambda: _by_hand(environ, next(names)),
                rounds=_ROUNDS,
            )
        finally:
            process.stop(workspace)


def _by_hand(environ: Mapping[str, str], name: str) -> None:
    """The guide's own commands, as they stand there."""
    on_bucket = ("--bucket", name)
    _run(environ, "aws", "s3", "mb", f"s3://{name}", "--region", "us-east-1")
    _run(environ, "aws", "s3api", "put-bucket-versioning", *on_bucket, "--versioning-configuration", "Status=Enabled")
    _run(
        environ,
        *("aws", "s3api", "put-bucket-encryption", *on_bucket),
        *("--server-side-encryption-configuration", _ENCRYPTION),
    )
    _run(
        environ,
        *("aws", "s3api", "put-public-access-block", *on_bucket, "--public-access-block-configuration", _BLOCK),
    )
    _run(
        environ,
        *("aws", "dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST"),
        *("--attribute-definitions", "AttributeName=LockID,AttributeType=S"),
        *("--key-schema", "AttributeName=LockID,KeyType=HASH", "--region", "us-east-1"),
    )


def _environment(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        # As installed: pip compiles what it installs.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def _run(environ: Mapping[str, str], *command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=os.environ | dict(environ))
