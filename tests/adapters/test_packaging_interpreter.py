"""An interpreter of the runtime's version: found only when it runs and says that it is one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from paybot_ops.adapters.packaging.interpreter import CHOSEN_BY, find_interpreter
from paybot_ops.errors import UsageError
from tests.adapters.bundle_world import World, make_program, make_world

STANDS_IN = "echo cpython 3 13 0"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_a_shim_that_does_not_run_is_passed_over(world: World) -> None:
    make_program(world.bin / "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    good = make_program(world.root / "later/python3.13", STANDS_IN)
    world.environ["PATH"] += f"{os.pathsep}{good.parent}"
    assert find_interpreter(world.environ, world.python) == str(good)


@pytest.mark.parametrize("answer", ["cpython 3 12 0", "pypy 3 13 0", "cpython 3 13 1", "", "hello"])
def test_another_python_under_that_name_is_not_believed(world: World, answer: str) -> None:
    make_program(world.bin / "python3.13", f"echo {answer}")
    assert find_interpreter(world.environ, world.python) is None


def test_the_one_beside_the_running_python_comes_first(world: World) -> None:
    make_program(world.bin / "python3.13", STANDS_IN)
    beside = make_program(Path(world.python).with_name("python3.13"), STANDS_IN)
    assert find_interpreter(world.environ, world.python) == str(beside)


@pytest.mark.parametrize("variable", ["PYENV_ROOT", "HOME"])
def test_pyenvs_versions_are_looked_through(world: World, variable: str) -> None:
    root = world.root / ("pyenv" if variable == "PYENV_ROOT" else ".pyenv")
    if variable == "PYENV_ROOT":
        world.environ[variable] = str(root)
    make_program(root / "versions/3.13.1/bin/python3.13", "exit 1")
    good = make_program(root / "versions/3.13.0/bin/python3.13", STANDS_IN)
    assert find_interpreter(world.environ, world.python) == str(good)


def test_uvs_own_is_asked_for_last(world: World) -> None:
    good = make_program(world.root / "uv-pythons/python3.13", STANDS_IN)
    make_program(world.bin / "uv", f'[ "$* $UV_PYTHON_DOWNLOADS" = "python find 3.13 never" ] && echo {good}')
    assert find_interpreter(world.environ, world.python) == str(good)


def test_the_one_that_is_named_wins(world: World) -> None:
    make_program(world.bin / "python3.13", STANDS_IN)
    named = make_program(world.root / "mine/python", STANDS_IN)
    world.environ[CHOSEN_BY] = str(named)
    assert find_interpreter(world.environ, world.python) == str(named)


def test_naming_another_one_is_an_error(world: World) -> None:
    make_program(world.bin / "python3.13", STANDS_IN)
    world.environ[CHOSEN_BY] = "/usr/bin/python3.9"
    with pytest.raises(UsageError, match=CHOSEN_BY):
        world.build()
    assert not list(world.build_dir.iterdir())
