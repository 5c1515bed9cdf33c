"""The Terraform module and the bot that ship with paybot, and their copy into a new workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from paybot_ops.errors import PaybotError

_FOLDERS = ("terraform", "lambda")
# What is shipped, and nothing else: a clone also holds its owner's variables, backends and state. The wheel is built
# from the same list (pyproject.toml); a test compares the two.
SHIPPED = (
    "terraform/*.tf",
    "terraform/README.md",
    "terraform/architecture.svg",
    "terraform/terraform.tfvars.example",
    "terraform/tests/**/*",
    "terraform/examples/minimal/README.md",
    "terraform/examples/minimal/dev.tfvars",
    "terraform/examples/production/README.md",
    "terraform/examples/production/prod.tfvars",
    "terraform/examples/production/prod.s3.tfbackend",
    "lambda/requirements.in",
    "lambda/requirements.txt",
    "lambda/payment_bot/**/*.py",
)
_NEVER = ("backend.tf", "*_override.tf", "override.tf", ".*", "*.tfstate*", "*.tfplan", "__pycache__")

IGNORED = """\
# made by paybot and Terraform
/.paybot/
/build/
.terraform/
*.tfstate
*.tfstate.*
*.tfplan
# may hold values of yours that do not belong in a repository
terraform.tfvars
*.auto.tfvars
"""


@dataclass(frozen=True, slots=True)
class Copied:
    """What `init` wrote, and what was there already: `kept` equals ours, `differing` was left as it is."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    differing: tuple[str, ...]


def copy_workspace(target: Path) -> Copied:
    """Copy the module and the bot into `target`; a file that is there is never overwritten.

    Raises:
        PaybotError: the folder cannot be written.
    """
    written: list[str] = []
    kept: list[str] = []
    differing: list[str] = []
    try:
        for name, content in _files():
            path = target / name
            if path.exists():
                (kept if path.read_bytes() == content else differing).append(name)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(name)
    except OSError as error:
        raise PaybotError(
            f"{target} cannot be written",
            why=error.strerror or str(error),
            hint="choose another folder: paybot init DIR",
        ) from error
    return Copied(tuple(written), tuple(kept), tuple(differing))


def _files() -> Iterator[tuple[str, bytes]]:
    source = _source()
    yield ".gitignore", IGNORED.encode()
    found = {path for pattern in SHIPPED for path in source.glob(pattern) if path.is_file()}
    for path in sorted(found):
        relative = path.relative_to(source)
        if not any(fnmatch(part, pattern) for part in relative.parts for pattern in _NEVER):
            yield relative.as_posix(), path.read_bytes()


def _source() -> Path:
    """Inside an installed wheel, or the clone that paybot runs from."""
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "workspace", package.parent):
        if all((candidate / folder).is_dir() for folder in _FOLDERS):
            return candidate
    raise PaybotError(
        "the bundled Terraform module is missing from this installation", hint="install paybot again from its wheel"
    )
