"""The checks of the workspace: what can be said of its files without AWS."""

from __future__ import annotations

from pathlib import Path

from paybot_ops.adapters.files import read_text_file
from paybot_ops.adapters.workspace import Workspace
from paybot_ops.core.doctor import Verdict
from paybot_ops.core.doctor_secrets import Leak, leaks_in_state, leaks_in_text
from paybot_ops.core.doctor_workspace import (
    FileMode,
    judge_file_leaks,
    judge_initialized,
    judge_modes,
    judge_state_leaks,
    judge_variables,
)
from paybot_ops.operations.doctor.ground import Ground
from paybot_ops.operations.initialize import is_initialized
from paybot_ops.operations.settings import read_layers, read_settings

_SEARCHED = ("*.tf", "*.tfvars", "*.tfvars.json", "*.tfbackend")
# No hand has written a longer one.
_LARGEST = 5_000_000


def variables(ground: Ground) -> Verdict:
    """Would Terraform take the variables as they stand?"""
    workspace = _workspace(ground)
    reading, _declared = read_settings(workspace)
    return judge_variables(_names(workspace), reading.missing, reading.warnings)


def files(ground: Ground) -> Verdict:
    """Can others on this machine read a state or a secret, or change a variable?"""
    target = ground.target
    secret = {name for name, variable in target.variables.items() if variable.sensitive}
    private = {layer.origin for layer in read_layers(target.source) if secret & layer.values.keys()}
    seen = []
    for path in target.source.variable_files():
        holds = path.name in private or bool(_leaks(path))
        seen.append(FileMode(str(path), path.stat().st_mode, holds))
    state = target.workspace.local_state
    for path in (state, state.with_name(f"{state.name}.backup")):
        if path.is_file():
            seen.append(FileMode(str(path), path.stat().st_mode, private=True))
    return judge_modes(seen)


def initialized(ground: Ground) -> Verdict:
    """Was `terraform init` run for what the module says now?"""
    done, changed = is_initialized(ground.target)
    return judge_initialized(str(ground.target.workspace.directory), initialized=done, changed=changed)


def file_secrets(ground: Ground) -> Verdict:
    """Is there a secret in the module's files, or in those of its variables?"""
    workspace = _workspace(ground)
    paths = sorted({path for pattern in _SEARCHED for path in workspace.directory.glob(pattern) if path.is_file()})
    if workspace.overrides is not None and workspace.overrides.is_file():
        paths.append(workspace.overrides)
    for path in paths:
        if path.stat().st_size > _LARGEST:
            ground.notes.append(f"{path.name} was not searched: it is larger than {_LARGEST:,} bytes")
    return judge_file_leaks([leak for path in paths for leak in _leaks(path)], len(paths))


def state_secrets(ground: Ground) -> Verdict:
    """Is there a secret in the state?"""
    document = ground.document()
    return judge_state_leaks(None if document is None else leaks_in_state(document))


def _leaks(path: Path) -> tuple[Leak, ...]:
    if path.stat().st_size > _LARGEST:
        return ()
    return leaks_in_text(read_text_file(path).text, path.name)


def _names(workspace: Workspace) -> list[str]:
    return [path.name for path in workspace.variable_files()]


def _workspace(ground: Ground) -> Workspace:
    return ground.workspace or ground.target.source
