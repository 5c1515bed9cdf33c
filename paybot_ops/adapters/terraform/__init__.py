"""Terraform, a method per subcommand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from paybot_ops.adapters.terraform.process import Lease, OnEvent, Run, TerraformProcess
from paybot_ops.core.terraform_events import ResourceEvent, lost_creations, parse_event
from paybot_ops.core.terraform_text import parse_text_errors
from paybot_ops.errors import MissingToolError, TerraformError

__all__ = ["Lease", "OnEvent", "Run", "Terraform", "Variables"]

_PLAN_HAS_CHANGES = 2
# A user's TF_CLI_ARGS or TF_LOG would change the output that is parsed here.
_DROPPED = ("TF_CLI_ARGS", "TF_LOG")


@dataclass(frozen=True, slots=True)
class Variables:
    """What travels on the command line: files first, then single values, which win."""

    files: tuple[Path, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    def arguments(self) -> list[str]:
        """As Terraform's options, in the order that it gives precedence to."""
        return [f"-var-file={path}" for path in self.files] + [f"-var={k}={v}" for k, v in self.values.items()]


# Terraform's own words, whatever the provider.
_ABSENT = "Cannot import non-existent remote object"


@dataclass(slots=True)
class Terraform:
    """Terraform in one directory, with one data directory (one environment)."""

    directory: Path
    environ: Mapping[str, str]
    data_dir: Path
    verbose: Callable[[str], None] | None = None
    on_interrupt: Callable[[], None] = lambda: None
    lease: Lease | None = None
    """A lock on the directory that each Terraform inherits: it lasts until that has ended too."""

    @property
    def journal(self) -> Path:
        """The event stream of the apply under way; it outlives an apply that was killed."""
        return self.data_dir / "paybot-apply.jsonl"

    def version(self) -> tuple[int, int, int]:
        """The version of the binary on PATH.

        Raises:
            MissingToolError: there is none, or it does not run.
        """
        try:
            text = str(json.loads(self._process.captured("version", "-json").stdout)["terraform_version"])
            major, minor, patch = (int(part) for part in text.partition("-")[0].split("."))
        except (ValueError, KeyError, TypeError) as error:
            raise MissingToolError(
                "terraform does not say its version", why="what is on PATH may not be Terraform"
            ) from error
        return major, minor, patch

    def init(self, backend: Sequence[str], on_event: OnEvent) -> Run:
        """`terraform init`, with the options that name a remote state where there is one."""
        remote = ["-reconfigure", *backend] if backend else []
        return self._process.streamed(["init", "-json", "-input=false", *remote], on_event)

    def migrate(self, backend: Sequence[str]) -> Run:
        """`terraform init -migrate-state`, which speaks no JSON; no options for the local backend."""
        moving = ["-migrate-state", "-force-copy", *backend]
        run = self._process.streamed(["init", "-input=false", "-no-color", *moving], lambda _event: None)
        return replace(run, diagnostics=parse_text_errors(run.text))

    def preview(self, variables: Variables) -> Run:
        """`terraform plan` of the files against the state alone, without the lock; the events say what it would change.

        Resources are not read anew: what two such plans differ in is the state, and not the account in the meantime.
        """
        fixed = ["plan", "-json", "-input=false", "-lock=false", "-refresh=false", "-detailed-exitcode"]
        return self._process.streamed([*fixed, *variables.arguments()], lambda _event: None)

    def plan_locked(self, variables: Variables) -> Run:
        """`terraform plan` that takes the lock, and does not wait for it."""
        fixed = ["plan", "-json", "-input=false", "-lock-timeout=0s", "-refresh=false"]
        return self._process.streamed([*fixed, *variables.arguments()], lambda _event: None)

    def force_unlock(self, lock_id: str, workspace: str) -> bool:
        """Break the lock of a workspace's state by its ID; False when Terraform finds no such lock."""
        process = self._process
        process.environ = {**process.environ, "TF_WORKSPACE": workspace}
        return process.captured("force-unlock", "-force", lock_id).returncode == 0

    def plan(self, out: Path, variables: Variables, on_event: OnEvent, *, destroy: bool = False) -> tuple[Run, bool]:
        """`terraform plan` into a file; the flag says whether it changes anything. The file holds secrets in clear."""
        arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", f"-out={out}", *variables.arguments()]
        run = self._process.streamed([*arguments, "-destroy"] if destroy else arguments, on_event)
        return run, run.code == _PLAN_HAS_CHANGES

    def show_plan(self, plan: Path) -> dict[str, Any]:
        """The JSON of a plan file. It holds sensitive values in clear: keep it in memory."""
        return self._json("show", "-json", str(plan))

    def apply(self, plan: Path, on_event: OnEvent) -> Run:
        """Apply exactly this plan file; the stream stays on disk when it does not end well."""
        self.journal.unlink(missing_ok=True)
        run = self._process.journalled(["apply", "-json", "-input=false", str(plan)], on_event, self.journal)
        if run.code == 0:
            self.journal.unlink(missing_ok=True)
        return run

    def outputs(self) -> dict[str, Any]:
        """The root outputs by name, the sensitive ones as None."""
        document = self._json("output", "-json")
        return {name: None if item.get("sensitive") else item.get("value") for name, item in document.items()}

    def state_pull(self) -> str:
        """The state as it is, local or remote; empty when there is none."""
        return self._checked("state", "pull")

    def import_resource(self, address: str, identifier: str, variables: Variables) -> bool:
        """Record an existing resource in the state; False when there is none of that name.

        Raises:
            TerraformError: it is not known whether there is one.
        """
        arguments = ["import", "-input=false", "-no-color", *variables.arguments(), address, identifier]
        done = self._process.captured(*arguments)
        if done.returncode == 0:
            return True
        if _ABSENT in " ".join(done.stderr.split()):
            return False
        raise TerraformError(
            f"{address} could not be taken into the state",
            why=_first_error(done.stderr),
            hint=f"run the same command again, or: terraform import '{address}' {identifier}",
        )

    def lost_sight_of(self) -> tuple[ResourceEvent, ...]:
        """The resources that an earlier apply, killed or interrupted, may have created without recording them."""
        if not self.journal.is_file():
            return ()
        lines = self.journal.read_text(encoding="utf-8", errors="replace").splitlines()
        return lost_creations([event for line in lines if (event := parse_event(line)) is not None])

    @property
    def _process(self) -> TerraformProcess:
        inherited = {name: value for name, value in self.environ.items() if not name.startswith(_DROPPED)}
        fixed = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1", "TF_DATA_DIR": str(self.data_dir)}
        return TerraformProcess(self.directory, inherited | fixed, self.verbose, self.on_interrupt, self.lease)

    def _checked(self, *arguments: str) -> str:
        done = self._process.captured(*arguments)
        if done.returncode != 0:
            if self.verbose:
                self.verbose(done.stderr)
            raise TerraformError(
                f"terraform {arguments[0]} failed", why=_first_error(done.stderr), hint="add --verbose"
            )
        return done.stdout

    def _json(self, *arguments: str) -> dict[str, Any]:
        text = self._checked(*arguments)
        try:
            # A deprecation warning may stand before the document.
            document: dict[str, Any] = json.loads(text[text.find("{") :])
        except ValueError as error:
            raise TerraformError(f"terraform {arguments[0]} gave no JSON document") from error
        return document


def _first_error(text: str) -> str:
    return next((line[line.find("Error") :].strip() for line in text.splitlines() if "Error" in line), "")
