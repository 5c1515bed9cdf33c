"""Verdicts on the workspace: its variables, the modes of its files, secrets in it, and whether it is initialized."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from paybot_ops.core.doctor import Verdict, failed, passed, skipped, warned
from paybot_ops.core.doctor_report import CloseFile, InitTerraform
from paybot_ops.core.doctor_secrets import Leak

_OTHERS = 0o077
_OTHERS_WRITE = 0o022
_ROLL = "take it out, roll it in Stripe's dashboard, then: paybot secrets set-stripe-key"


@dataclass(frozen=True, slots=True)
class FileMode:
    """A file with its permission bits. `private`: it holds what only its owner should read."""

    path: str
    mode: int
    private: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody else can do what they should not."""
        return bool(self.mode & self.closed)

    @property
    def closed(self) -> int:
        """The permission bits that nobody else should have: a file without a secret may be read."""
        return _OTHERS if self.private else _OTHERS_WRITE

    @property
    def chmod(self) -> str:
        """The command that takes these bits away, without the file."""
        return "chmod go-rwx" if self.private else "chmod go-w"


def judge_variables(files: Sequence[str], missing: Sequence[str], warnings: Sequence[str]) -> Verdict:
    """Whether Terraform would take the variables as they stand."""
    if missing:
        why = "they have no default, and neither a tfvars file nor TF_VAR_… sets them"
        where = files[-1] if files else "terraform.tfvars"
        return failed(f"without a value: {', '.join(missing)}", f"set them in {where}", why, *warnings)
    if warnings:
        return warned("a value is set that no variable takes", "mend the name, or take it out", *warnings)
    return passed(f"read from {', '.join(files)}" if files else "no tfvars file: the module's defaults")


def judge_modes(files: Sequence[FileMode]) -> Verdict:
    """Whether other users of this machine can read a state or a secret, or change a variable."""
    wide = [file for file in files if file.is_open]
    if not wide:
        return (
            passed(f"{len(files)} file{'' if len(files) == 1 else 's'}, closed to others")
            if files
            else skipped("there is neither a tfvars file nor a local state")
        )
    details = tuple(f"{file.path} has mode {file.mode & 0o777:o}" for file in wide)
    count = f"{len(wide)} file{'' if len(wide) == 1 else 's'}"
    commands = dict.fromkeys(file.chmod for file in wide)
    command = " && ".join(
        " ".join((chmod, *(shlex.quote(file.path) for file in wide if file.chmod == chmod))) for chmod in commands
    )
    verdict = warned(f"others on this machine can read or change {count}", command, *details)
    fixes = tuple(
        CloseFile(
            verb=file.chmod,
            target=file.path,
            reason="it is its owner's alone" if file.private else "its owner alone changes it",
            path=file.path,
            mask=file.closed,
        )
        for file in wide
    )
    return replace(verdict, fixes=fixes)


def judge_initialized(directory: str, *, initialized: bool, changed: bool) -> Verdict:
    """Whether `terraform init` has been run for what the module says now."""
    if initialized:
        return passed("terraform init was run")
    what = "the module has changed since terraform init" if changed else "terraform init was not run here yet"
    verdict = warned(what, "paybot doctor --fix", "paybot deploy runs it by itself; a plain terraform plan does not")
    init = InitTerraform(verb="run", target="terraform init", reason=f"in {directory}")
    return replace(verdict, fixes=(init,))


def judge_file_leaks(leaks: Sequence[Leak], files: int) -> Verdict:
    """Secrets in the files of the module and its variables."""
    if not leaks:
        return passed(f"none in {files} file{'' if files == 1 else 's'}")
    details = tuple(f"{leak.place} holds {leak.kind}" for leak in leaks)
    if any(leak.grave for leak in leaks):
        return failed("a file of the workspace holds a secret", _ROLL, *details)
    return warned("a file of the workspace holds test data that belongs in no file", _ROLL, *details)


def judge_state_leaks(leaks: Sequence[Leak] | None) -> Verdict:
    """Secrets in the state; None where there is no state."""
    if leaks is None:
        return skipped("there is no state yet")
    if not leaks:
        return passed("none in the state")
    details = tuple(f"{leak.place} holds {leak.kind}" for leak in leaks)
    cure = "take it out of the module, paybot deploy, then roll it: its old versions keep it"
    if any(leak.grave for leak in leaks):
        return failed("the Terraform state holds a secret", cure, *details)
    return warned("the Terraform state holds test data that belongs in no state", cure, *details)
