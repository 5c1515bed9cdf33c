"""The AWS provider without a network: a folder that holds it unpacked, and the CLI configuration that names it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

MIRROR_VARIABLE = "PAYBOT_TF_MIRROR"

# The provider's address below a mirror is HOST/NAMESPACE/TYPE (Terraform: Provider Installation).
_PROVIDER = "*/hashicorp/aws"

_CONFIGURATION = """\
provider_installation {{
  filesystem_mirror {{
    path    = {path}
    include = ["hashicorp/aws"]
  }}
  direct {{
    exclude = ["hashicorp/aws"]
  }}
}}
"""


def find_mirror(environ: Mapping[str, str]) -> Path | None:
    """The first folder that holds the AWS provider: the variable's, Terraform's implied ones, then `/opt/*/`."""
    return next((folder for folder in _candidates(environ) if any(folder.glob(_PROVIDER))), None)


def has_own_configuration(environ: Mapping[str, str]) -> bool:
    """True when the user has a CLI configuration file of their own: it is theirs to say where providers come from."""
    named = environ.get("TF_CLI_CONFIG_FILE")
    if named:
        return Path(named).is_file()
    home = environ.get("HOME")
    return bool(home) and (Path(home or "") / ".terraformrc").is_file()


def write_configuration(mirror: Path, folder: Path) -> Path:
    """Write the CLI configuration for this mirror into `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "paybot.tfrc"
    text = _CONFIGURATION.format(path=_quoted(str(mirror)))
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    if named := environ.get(MIRROR_VARIABLE):
        yield Path(named)
    home = Path(environ.get("HOME") or "/nonexistent")
    yield home / ".terraform.d/plugins"
    if sys.platform == "darwin":
        yield home / "Library/Application Support/io.terraform/plugins"
        yield Path("/Library/Application Support/io.terraform/plugins")
    yield Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "terraform/plugins"
    for share in (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(os.pathsep):
        yield Path(share) / "terraform/plugins"
    yield from sorted(Path("/opt").glob("*/"))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f'"{escaped}"'
