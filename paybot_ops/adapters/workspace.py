"""A workspace on disk: where its Terraform, bot and bundle are, and the text of the files that hold its settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from paybot_ops.core.backend import DEFAULT_WORKSPACE
from paybot_ops.errors import PaybotError, UsageError

LOCAL_STATE = "terraform.tfstate"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Terraform root module with, beside it, the bot and its bundle. `env` is None where there is one environment.

    `overrides` is where values stand that hold for the embedded AWS only; None where the real deployment is meant.
    """

    directory: Path
    env: str | None = None
    overrides: Path | None = None

    @property
    def root(self) -> Path:
        """The folder that holds `terraform/` and `lambda/`; the module's own folder when it is not named so."""
        return self.directory.parent if self.directory.name == "terraform" else self.directory

    @property
    def bot(self) -> Path | None:
        """The bot's folder, where there is one that paybot can package."""
        folder = self.root / "lambda"
        return folder if (folder / "requirements.txt").is_file() else None

    @property
    def build(self) -> Path:
        """Where the bundle is built; the module reads it from `../build`."""
        return self.root / "build"

    @property
    def private(self) -> Path:
        """paybot's own ignored folder."""
        return self.root / ".paybot"

    @property
    def sandbox(self) -> Path:
        """The embedded AWS's own workspace: its Terraform directory, state and bundle."""
        return self.private / "sandbox"

    @property
    def sandbox_overrides(self) -> Path:
        """Where the values that hold for the embedded AWS only are kept, apart from the user's own files."""
        return self.sandbox / (f"{self.env}.overrides.tfvars" if self.env else "overrides.tfvars")

    @property
    def data_dir(self) -> Path:
        """`TF_DATA_DIR`: without an environment Terraform's own, so that plain `terraform plan` works beside paybot."""
        own = self.directory / ".terraform"
        return own / "env" / self.env if self.env else own

    def backend_file(self, environment: str) -> Path | None:
        """The values of the remote backend (`<env>.s3.tfbackend`, Terraform's own naming), where they are written."""
        path = self.directory / f"{environment}.s3.tfbackend"
        return path if path.is_file() else None

    @property
    def selected(self) -> str:
        """Terraform's selected workspace (not this one's): the environment's choice, else the data directory's."""
        chosen = self.data_dir / "environment"
        noted = chosen.read_text(encoding="utf-8").strip() if chosen.is_file() else ""
        return os.environ.get("TF_WORKSPACE") or noted or DEFAULT_WORKSPACE

    @property
    def local_state(self) -> Path:
        """Where Terraform keeps a local state: that of its selected workspace."""
        name = self.selected
        if name == DEFAULT_WORKSPACE:
            return self.directory / LOCAL_STATE
        return self.directory / f"{LOCAL_STATE}.d" / name / LOCAL_STATE

    def module_files(self) -> tuple[Path, ...]:
        """The module's own files, in Terraform's order."""
        return tuple(sorted(self.directory.glob("*.tf")))

    def variable_files(self) -> tuple[Path, ...]:
        """The files of values, lowest precedence first (Terraform: Variable Definition Precedence)."""
        names = ["terraform.tfvars", "terraform.tfvars.json"]
        automatic = sorted([*self.directory.glob("*.auto.tfvars"), *self.directory.glob("*.auto.tfvars.json")])
        candidates = [self.directory / name for name in names] + automatic
        return tuple(path for path in candidates if path.is_file()) + self.environment_files()

    def environment_files(self) -> tuple[Path, ...]:
        """The environment's own file and the overrides, which Terraform does not load by itself.

        Raises:
            UsageError: an environment was asked for that has no file.
        """
        overrides = (self.overrides,) if self.overrides is not None and self.overrides.is_file() else ()
        return (*self._own_file(), *overrides)

    def _own_file(self) -> tuple[Path, ...]:
        if self.env is None:
            return ()
        path = self.directory / f"{self.env}.tfvars"
        if not path.is_file():
            known = self.environments()
            near = get_close_matches(self.env, known, n=1)
            listed = f"the environments here are: {', '.join(known)}" if known else "create it, or leave --env out"
            raise UsageError(
                f"there is no {path.name} in {self.directory}",
                why=f"--env {self.env} reads its variables from it",
                hint=f"did you mean --env {near[0]}? {listed}" if near else listed,
            )
        return (path,)

    def environments(self) -> tuple[str, ...]:
        """The environments that have a file of values here, sorted."""
        names = {path.name.removesuffix(".tfvars") for path in self.directory.glob("*.tfvars")}
        return tuple(sorted(name for name in names if name != "terraform" and not name.endswith(".auto")))


def find_workspace(start: Path, directory: Path | None, env: str | None) -> Workspace:
    """The workspace of `--dir`, else of the folder where the command runs.

    Raises:
        UsageError: there are no Terraform files there, or the environment's name could leave the folder.
    """
    if env is not None and not (env.isascii() and env.replace("-", "").replace("_", "").isalnum()):
        raise UsageError("--env takes letters, digits, - and _", hint="for instance: --env prod")
    looked = [directory] if directory else [start, start / "terraform"]
    for folder in looked:
        for candidate in (folder, folder / "terraform"):
            if candidate.is_dir() and any(candidate.glob("*.tf")):
                return Workspace(candidate.resolve(), env)
    raise UsageError(
        f"no Terraform files in {looked[0]}",
        why="paybot works on a Terraform directory",
        hint="name it with --dir, or make a new workspace: paybot init",
    )


def read_texts(paths: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    """Each file with its text, line ends and byte order mark untouched.

    Raises:
        PaybotError: a file cannot be read, or is not UTF-8 (which Terraform requires).
    """
    for path in paths:
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                yield path, stream.read()
        except OSError as error:
            raise PaybotError(f"{path} cannot be read", why=error.strerror or str(error)) from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{path} is not UTF-8", why=f"byte {error.start} is not") from error


def ensure_writable(folder: Path) -> None:
    """Make the folder, and prove that a file can be written there.

    Raises:
        PaybotError: it cannot; nothing has been started yet.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".paybot-probe"
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)  # another paybot may be proving the same
    except OSError as error:
        raise PaybotError(
            f"{folder} is not writable",
            why=error.strerror or str(error),
            hint="make it writable, or work on a copy: --dir",
        ) from error
