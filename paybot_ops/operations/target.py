"""What a command acts on: the workspace, its settings, and the account (or embedded AWS) that they are for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from paybot_ops.adapters import mirror
from paybot_ops.adapters.session import Identity, Session, find_region, loopback_endpoint
from paybot_ops.adapters.workspace import Workspace, ensure_writable, find_workspace
from paybot_ops.core.hcl.reading import Variable
from paybot_ops.core.settings import Reading, Settings
from paybot_ops.errors import SandboxError, UsageError
from paybot_ops.operations.settings import ActiveBackend, find_backend, read_settings
from paybot_ops.sandbox import ACCOUNT_ID, DEFAULT_REGION, process
from paybot_ops.sandbox import workspace as sandbox_workspace
from paybot_ops.screen import Screen

if TYPE_CHECKING:
    # Imported where it is used: a command that runs no Terraform does not pay for it.
    from paybot_ops.adapters.terraform import Terraform, Variables


@dataclass(frozen=True, slots=True)
class Choice:
    """What the shared options of the command line chose."""

    directory: Path | None = None
    env: str | None = None
    region: str | None = None
    sandbox: bool = False
    verbose: bool = False


@dataclass
class Target:
    """One deployment: `workspace` is where Terraform runs, `source` the user's own (the same, but for the sandbox)."""

    screen: Screen
    choice: Choice
    source: Workspace
    workspace: Workspace
    reading: Reading
    variables: Mapping[str, Variable]
    region: str
    endpoint: str | None = None
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = Session(self.region, self.endpoint)

    @property
    def settings(self) -> Settings:
        """The deployment's settings."""
        return self.reading.settings

    @cached_property
    def identity(self) -> Identity:
        """Who is calling."""
        return self.session.identity()

    @property
    def backend(self) -> ActiveBackend | None:
        """The active backend block; none is Terraform's own default, a state beside the module."""
        return find_backend(self.workspace)

    @property
    def state_is_remote(self) -> bool:
        """Whether the module says that its state is somewhere else than beside it."""
        backend = self.backend
        return backend is not None and backend.block.type != "local"

    @property
    def backend_options(self) -> tuple[str, ...]:
        """What `terraform init` needs beside the module to find a remote state; nothing for a local one."""
        if not self.state_is_remote:
            return ()
        file = self.workspace.backend_file(self.settings.environment)
        options = (f"-backend-config={file}",) if file else ()
        # A bucket of the embedded AWS cannot be a host name.
        return (*options, "-backend-config=use_path_style=true") if self.endpoint else options

    @cached_property
    def terraform(self) -> Terraform:
        """Terraform for this deployment."""
        from paybot_ops.adapters.terraform import Terraform

        ensure_writable(self.workspace.data_dir)
        say = self.screen.note
        return Terraform(
            directory=self.workspace.directory,
            environ=self._environment(),
            data_dir=self.workspace.data_dir,
            verbose=say if self.choice.verbose else None,
            on_interrupt=lambda: say("interrupted: Terraform finishes what it has begun and releases its lock …"),
        )

    @property
    def stripe_address(self) -> str | None:
        """Where the embedded AWS's stand-in of Stripe answers; None where Stripe itself is meant."""
        return self.endpoint.rstrip("/") if self.endpoint else None

    def terraform_variables(self, extra: Mapping[str, str]) -> Variables:
        """What goes on Terraform's command line: only variables that the module declares."""
        from paybot_ops.adapters.terraform import Variables

        pinned = {}
        if self.endpoint:
            pinned = {"allowed_account_ids": f'["{ACCOUNT_ID}"]', "stripe_api_base": self.stripe_address or ""}
        region = {"aws_region": self.choice.region} if self.choice.region else {}
        declared = {name: value for name, value in (pinned | region | dict(extra)).items() if name in self.variables}
        return Variables(self.workspace.environment_files(), declared)

    def header(self) -> str:
        """Account, region and environment: what every change is about."""
        place = f"the embedded AWS at {self.endpoint}" if self.endpoint else f"account {self.identity.account}"
        return f"{self.settings.project_name} · environment {self.settings.environment} · {place} · {self.region}"

    def _environment(self) -> dict[str, str]:
        environ = dict(os.environ)
        if self.endpoint:
            environ = sandbox_workspace.environment(environ, self.endpoint, self.region)
        else:
            environ |= {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if not mirror.has_own_configuration(environ):
            environ.pop("TF_CLI_CONFIG_FILE", None)  # it names no file: Terraform would only complain
            if (folder := self.provider_mirror) is not None:
                configuration = mirror.write_configuration(folder, self.workspace.data_dir)
                environ["TF_CLI_CONFIG_FILE"] = str(configuration)
        return environ

    @cached_property
    def provider_mirror(self) -> Path | None:
        """The folder that the AWS provider comes from; None where Terraform finds it by itself."""
        return None if mirror.has_own_configuration(os.environ) else mirror.find_mirror(os.environ)


def find_target(screen: Screen, choice: Choice) -> Target:
    """Read the workspace and decide where the command goes.

    Raises:
        UsageError: no Terraform files, a syntax error (line and column only), a setting that cannot be used.
        SandboxError: `--sandbox` without an embedded AWS running.
    """
    source = find_workspace(Path.cwd(), choice.directory, choice.env)
    endpoint = _sandbox_endpoint(source) if choice.sandbox else loopback_endpoint()
    if endpoint:
        source = replace(source, overrides=source.sandbox_overrides)
    reading, variables = read_settings(source)
    for warning in reading.warnings:
        screen.warn(warning)
    workspace = source
    if endpoint:
        workspace = replace(source, directory=source.sandbox / "terraform")
        sandbox_workspace.copy_module(source.directory, workspace.directory)
    region = choice.region or reading.settings.aws_region or (DEFAULT_REGION if endpoint else find_region())
    if region is None:
        raise UsageError(
            "no AWS region", why="neither the deployment nor the environment names one", hint="name it with --region"
        )
    reading = replace(reading, settings=replace(reading.settings, aws_region=region))
    return Target(screen, choice, source, workspace, reading, variables, region, endpoint)


def _sandbox_endpoint(workspace: Workspace) -> str:
    running = process.find(workspace.root)
    if running is None:
        raise SandboxError(
            "no embedded AWS is running for this workspace",
            why=f"--sandbox uses the one of {workspace.root}",
            hint="start it: paybot sandbox start",
        )
    return running.endpoint
