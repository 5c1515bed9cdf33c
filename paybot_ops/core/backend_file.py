"""The file that tells Terraform where the state is: `<env>.s3.tfbackend`, the values of its S3 backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from paybot_ops.core.backend import parse_s3
from paybot_ops.core.hcl.reading import read_assignments
from paybot_ops.core.hcl.values import HclSyntaxError, Value
from paybot_ops.core.locks import LockMode
from paybot_ops.core.state_bucket import Encryption
from paybot_ops.core.state_settings import Setting
from paybot_ops.errors import UsageError
from paybot_ops.plan import Action

Values = tuple[tuple[str, str | bool], ...]

# Where a state is: pointing a file elsewhere would leave the state behind, and Terraform with an empty one.
_PLACE = ("bucket", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackendFile(Action):
    """Set some values of the file and remove others; whatever else it holds stays as it is."""

    path: FilePath
    values: Values
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedBackend:
    """What the file should say; `table` is the lock table's name where the lock uses one."""

    path: FilePath
    bucket: str
    key: str
    region: str
    lock: LockMode
    table: str


def default_key(project: str, environment: str) -> str:
    """The key of a deployment's state in its bucket."""
    return f"{project}/{environment}/terraform.tfstate"


def read_backend(text: str, name: str) -> dict[str, Value]:
    """The values in a backend file; raises `HclSyntaxError` with the file's name, and never quotes it."""
    try:
        return read_assignments(text)
    except HclSyntaxError as error:
        raise error.named(name) from None


def check_place(values: Mapping[str, Value], origin: str, bucket: str, region: str) -> None:
    """Refuse another bucket or region than the one where the state is said to be.

    Raises:
        UsageError: with the way to move it.
    """
    for name, wanted in zip(_PLACE, (bucket, region), strict=True):
        present = values.get(name)
        if isinstance(present, str) and present != wanted:
            raise UsageError(
                f"{origin} says that the state's {name} is {present}, not {wanted}",
                why="pointed elsewhere, Terraform would find no state and want to create everything again",
                hint="leave the option out; or first take the state back: paybot migrate-state --to local",
            )


def wanted_values(wanted: WantedBackend, encryption: Encryption | None) -> Values:
    """The values of the backend, in the order in which they are written."""
    kms = encryption is not None and encryption.algorithm.startswith("aws:kms")
    values: list[tuple[str, str | bool]] = [
        ("bucket", wanted.bucket),
        ("key", wanted.key),
        ("region", wanted.region),
    ]
    # `encrypt` alone asks for S3's own keys, against the bucket's default: without the key's name it must be left out.
    if not kms or (encryption is not None and encryption.key):
        values.append(("encrypt", True))
    if kms and encryption is not None and encryption.key:
        values.append(("kms_key_id", encryption.key))
    if wanted.lock.uses_file:
        values.append(("use_lockfile", True))
    if wanted.lock.uses_table:
        values.append(("dynamodb_table", wanted.table))
    return tuple(values)


def plan_backend_file(wanted: WantedBackend, text: str | None, encryption: Encryption | None) -> Setting:
    """Whether the file says what it should, and the change that makes it so.

    Raises:
        UsageError: the file has an argument that the backend does not know, or one that is no literal.
    """
    values = wanted_values(wanted, encryption)
    present = {} if text is None else read_backend(text, wanted.path.name)
    parse_s3(present | dict(values), wanted.path.name)
    unwanted = {"use_lockfile": not wanted.lock.uses_file, "dynamodb_table": not wanted.lock.uses_table}
    removed = tuple(name for name, gone in unwanted.items() if gone and name in present)
    changed = tuple((name, value) for name, value in values if present.get(name) != value)
    why = f"--lock {wanted.lock} needs {wanted.lock.needs}"
    action = WriteBackendFile(
        verb="create" if text is None else "edit",
        target=str(wanted.path.name),
        reason=why,
        path=wanted.path,
        values=changed,
        removed=removed,
    )
    different = bool(changed or removed)
    names = ", ".join([*(name for name, _ in changed), *removed])
    return Setting(
        target=wanted.path.name,
        name="backend file",
        now="absent" if text is None else f"differs in {names}" if different else "as wanted",
        wanted=f"{wanted.bucket}/{wanted.key}, lock {wanted.lock}",
        why=why,
        ok=not different,
        action=action if different else None,
    )


def backend_text(action: WriteBackendFile, text: str | None) -> str:
    """The content of the file after the change: a new file is aligned as `terraform fmt` aligns it."""
    from paybot_ops.core.hcl.edit import remove_value, set_value
    from paybot_ops.core.hcl.paths import Path
    from paybot_ops.core.hcl.render import render_value

    if text is None:
        width = max(len(name) for name, _ in action.values)
        return "".join(f"{name:<{width}} = {render_value(value)}\n" for name, value in action.values)
    for name, value in action.values:
        text = set_value(text, Path(name), value)
    for name in action.removed:
        text = remove_value(text, Path(name))
    return text
