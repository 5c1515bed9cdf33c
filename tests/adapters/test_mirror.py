"""The provider without a network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from paybot_ops.adapters.mirror import find_mirror, has_own_configuration, write_configuration


def mirror_at(folder: Path) -> Path:
    (folder / "some.registry.example/hashicorp/aws/5.100.0/linux_amd64").mkdir(parents=True)
    return folder


def test_the_variable_wins_and_a_folder_without_the_provider_does_not_count(tmp_path: Path) -> None:
    named, implied = mirror_at(tmp_path / "named"), mirror_at(tmp_path / ".terraform.d/plugins")
    assert find_mirror({"PAYBOT_TF_MIRROR": str(named), "HOME": str(tmp_path)}) == named
    (tmp_path / "empty").mkdir()
    assert find_mirror({"PAYBOT_TF_MIRROR": str(tmp_path / "empty"), "HOME": str(tmp_path)}) == implied


@pytest.mark.parametrize("place", [".terraform.d/plugins", ".local/share/terraform/plugins"])
def test_terraforms_implied_directories_are_searched(tmp_path: Path, place: str) -> None:
    assert find_mirror({"HOME": str(tmp_path)}) != tmp_path / place
    mirror_at(tmp_path / place)
    assert find_mirror({"HOME": str(tmp_path)}) == tmp_path / place


def test_shared_data_directories_are_searched(tmp_path: Path) -> None:
    mirror_at(tmp_path / "share/terraform/plugins")
    found = find_mirror({"HOME": "/nonexistent", "XDG_DATA_DIRS": f"/nonexistent:{tmp_path / 'share'}"})
    assert found == tmp_path / "share/terraform/plugins"


def test_a_users_own_configuration_is_theirs(tmp_path: Path) -> None:
    assert not has_own_configuration({"HOME": str(tmp_path)})
    assert not has_own_configuration({"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(tmp_path / "gone")})
    (tmp_path / ".terraformrc").write_text("")
    assert has_own_configuration({"HOME": str(tmp_path)})
    assert has_own_configuration({"TF_CLI_CONFIG_FILE": str(tmp_path / ".terraformrc")})


@pytest.mark.terraform
@pytest.mark.parametrize("name", ["plain", 'quo"ted', "dollar${x}", "per%{cent}", "back\\slash"])
def test_terraform_reads_the_configuration_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    folder = mirror_at(tmp_path / name)
    path = write_configuration(folder, tmp_path / "data")
    done = subprocess.run(
        ["terraform", "version"],
        env={"TF_CLI_CONFIG_FILE": str(path), "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "problem" not in done.stdout + done.stderr, done.stderr
