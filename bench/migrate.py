"""Moving a state: `paybot migrate-state` against the bare `terraform init -migrate-state` and `plan` in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.measure import Ratio, seconds
from paybot_ops.adapters.mirror import find_mirror, has_own_configuration, write_configuration
from paybot_ops.sandbox import process

_ROUNDS = 3
_LIMIT = 1.5
_BACKEND = 'terraform {\n  backend "s3" {}\n}\n'


def figures() -> Iterator[Ratio]:
    """The deployed module's state, moved by paybot and by hand; each round starts from the same local state."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        paybot = str(Path(sys.executable).with_name("paybot"))
        _run({}, workspace, paybot, "init", folder)
        started = process.start(workspace, exit_with_parent=True)
        try:
            _run({}, workspace, paybot, "deploy", "--sandbox", "--yes")
            _run({}, workspace, paybot, "bootstrap-state", "--sandbox", "--yes")
            yield _migration(workspace, paybot, started.endpoint)
        finally:
            process.stop(workspace)


def _migration(workspace: Path, paybot: str, endpoint: str) -> Ratio:
    deployed = workspace / ".paybot/sandbox"
    kept = workspace / "kept"
    shutil.copytree(deployed, kept, symlinks=True)
    environ = _environment(endpoint, kept)

    def again(act: Callable[[], None]) -> float:
        """One run from the local state; the bucket is empty again, the directory as it was."""
        for path in (deployed / "terraform").glob("*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(kept, deployed, symlinks=True, dirs_exist_ok=True)
        _empty_home(endpoint)
        return seconds(act)

    module = deployed / "terraform"
    bare = [
        *("terraform", "init", "-migrate-state", "-force-copy", "-input=false"),
        *("-backend-config=dev.s3.tfbackend", "-backend-config=use_path_style=true"),
    ]

    def by_hand() -> None:
        (module / "paybot_sandbox_override.tf").write_text(_BACKEND)
        _run(environ, module, *bare)
        _run(environ, module, "terraform", "plan", "-input=false")

    def ours() -> None:
        _run({}, workspace, paybot, "migrate-state", "--sandbox", "--yes")

    pairs = [(again(ours), again(by_hand)) for _ in range(_ROUNDS)]
    middle = _ROUNDS // 2
    return Ratio(
        "migrate-state / terraform init -migrate-state and plan",
        sorted(pair[0] for pair in pairs)[middle],
        sorted(pair[1] for pair in pairs)[middle],
        _LIMIT,
    )


def _empty_home(endpoint: str) -> None:
    """No state and no digest of one: the bare `init` refuses a digest without its state."""
    import boto3

    session = boto3.Session(aws_access_key_id="sandbox", aws_secret_access_key="sandbox", region_name="us-east-1")
    for bucket in session.resource("s3", endpoint_url=endpoint).buckets.all():
        bucket.object_versions.delete()
    table = session.resource("dynamodb", endpoint_url=endpoint).Table("terraform-state-lock")
    for row in table.scan()["Items"]:
        table.delete_item(Key={"LockID": row["LockID"]})


def _environment(endpoint: str, folder: Path) -> dict[str, str]:
    environ = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "CHECKPOINT_DISABLE": "1",
    }
    if not has_own_configuration(os.environ) and (mirror := find_mirror(os.environ)) is not None:
        environ["TF_CLI_CONFIG_FILE"] = str(write_configuration(mirror, folder))
    return environ


def _run(environ: Mapping[str, str], folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | dict(environ))
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}")
