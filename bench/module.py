"""The Terraform module: how long its own tests take, and a plan that finds nothing to do."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Ratio, compare, seconds
from paybot_ops.adapters import mirror
from paybot_ops.adapters.bundled import copy_workspace
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.workspace import environment

# A module of the same services and of as many resources, as one writes it by hand.
_HAND_BUILT = Path(__file__).with_name("hand_built")
_ROUNDS = 5


def figures() -> Iterator[Ratio]:
    """The module's tests without a network, and its plan in the embedded AWS beside that of a hand-built module."""
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox:
        folder = Path(name)
        copy_workspace(folder)
        shutil.copytree(_HAND_BUILT, folder / "hand_built")
        _make_bundle(folder / "build")
        environ = _environment(folder, sandbox)
        ours, theirs = (_Terraform(folder / module, environ) for module in ("terraform", "hand_built"))
        for terraform in (ours, theirs):
            terraform("init", "-input=false")
        validated = min(seconds(lambda: ours("validate")) for _ in range(_ROUNDS))
        yield Ratio("`terraform test`, offline / `terraform validate`", seconds(lambda: ours("test")), validated, 15)
        for terraform in (ours, theirs):
            terraform("apply", "-auto-approve", "-input=false")
        yield compare(
            "plan with nothing to do / that of a hand-built module",
            1.2,
            lambda: ours("plan", "-input=false", "-detailed-exitcode"),
            lambda: theirs("plan", "-input=false", "-detailed-exitcode"),
            rounds=_ROUNDS,
        )


class _Terraform:
    """The bare binary in one module; what does not succeed, a plan with changes too, ends the bench."""

    def __init__(self, module: Path, environ: dict[str, str]) -> None:
        self._module = module
        self._environ = environ

    def __call__(self, *arguments: str) -> None:
        subprocess.run(["terraform", *arguments], cwd=self._module, env=self._environ, check=True, capture_output=True)


def _make_bundle(folder: Path) -> None:
    """A zip that no one invokes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bundle:
        bundle.writestr("payment_bot/handler.py", "def handler(event, context): ...\n")
    folder.mkdir()
    (folder / "lambda.zip").write_bytes(content.getvalue())


def _environment(folder: Path, sandbox: Sandbox) -> dict[str, str]:
    environ = environment(os.environ, sandbox.endpoint, sandbox.region) | {"CHECKPOINT_DISABLE": "1"}
    if not mirror.has_own_configuration(environ):
        environ.pop("TF_CLI_CONFIG_FILE", None)
        if found := mirror.find_mirror(environ):
            environ["TF_CLI_CONFIG_FILE"] = str(mirror.write_configuration(found, folder))
    return environ
