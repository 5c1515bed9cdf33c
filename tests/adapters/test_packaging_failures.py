"""A build that cannot be finished says why and what to do, and leaves the bundle that was there."""

from __future__ import annotations

import errno
import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paybot_ops.adapters.packaging import read_built
from paybot_ops.adapters.packaging.inputs import disk_error, disk_errors
from paybot_ops.adapters.packaging.interpreter import CHOSEN_BY, find_interpreter
from paybot_ops.errors import MissingToolError, PaybotError, UsageError
from tests.adapters.bundle_world import World, make_program, make_world, write

PINNED = "tinydep==1.0 --hash=sha256:" + "0" * 64 + "\n"


needs_pip = pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="this Python has no pip")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world with a bundle from before, whose lock then came to name a package."""
    world = make_world(tmp_path)
    world.build()
    write(world.lambda_dir, {"requirements.txt": PINNED})
    return world


def fails(world: World, kind: type[PaybotError] = PaybotError) -> PaybotError:
    """The error of a build, after which all is as it was before."""
    before = {path: path.read_bytes() for path in world.build_dir.iterdir()}
    with pytest.raises(PaybotError) as caught:
        world.build()
    assert type(caught.value) is kind
    assert {path: path.read_bytes() for path in world.build_dir.iterdir()} == before
    assert caught.value.hint
    return caught.value


def test_an_installers_last_words_are_told_without_the_index_or_its_password(world: World) -> None:
    make_program(
        world.bin / "uv",
        "echo 'Using index https://me:secret@host.example/simple' >&2\n"
        "echo 'error: Failed to fetch: `https://me:secret@host.example/simple/tinydep/` by me:secret@host' >&2; exit 2",
    )
    error = fails(world)
    assert error.why == "uv: error: Failed to fetch: `[url] by [hidden]"
    assert "secret" not in str(vars(error))


@needs_pip
def test_a_package_with_other_bytes_than_the_locked_is_refused(world: World) -> None:
    error = fails(world)
    assert error.what == "tinydep==1.0 is not the one that requirements.txt pins"
    assert "do not deploy" in error.hint


@needs_pip
def test_a_lock_without_hashes_is_refused(world: World) -> None:
    write(world.lambda_dir, {"requirements.txt": "tinydep==1.0\n"})
    assert "Hashes are required" in fails(world).why


def test_uv_says_it_in_its_own_words(world: World) -> None:
    make_program(world.bin / "uv", "printf 'error: x\\n  cause: Hash mismatch for `tinydep==1.0`\\n' >&2; exit 1")
    assert fails(world).what == "tinydep==1.0 is not the one that requirements.txt pins"


def test_an_installer_without_disk_space(world: World) -> None:
    make_program(world.bin / "uv", "echo 'error: No space left on device (os error 28)' >&2; exit 2")
    assert fails(world).why == "No space left on device"


def test_an_installer_that_says_nothing(world: World) -> None:
    make_program(world.bin / "uv", "exit 3")
    assert fails(world).why == "uv: it gave no reason"


@pytest.mark.parametrize("python", ["none at all", "one without pip"])
def test_neither_uv_nor_pip(world: World, python: str) -> None:
    world.python = str(world.root / "elsewhere/python")
    if python == "one without pip":
        make_program(world.root / "elsewhere/python", "echo 'python: No module named pip' >&2; exit 1")
    assert "ensurepip" in fails(world, MissingToolError).hint


def test_no_lock(world: World) -> None:
    (world.lambda_dir / "requirements.txt").unlink()
    error = fails(world, UsageError)
    assert "requirements.txt" in error.what
    assert error.why == "No such file or directory"


def test_no_package(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    (world.lambda_dir / "payment_bot/__init__.py").unlink()
    with pytest.raises(UsageError, match="no Python package"):
        world.build()
    assert not world.build_dir.exists()


def test_a_bundle_too_large(world: World) -> None:
    write(world.lambda_dir, {"requirements.txt": ""})
    (world.lambda_dir / "payment_bot/noise.bin").write_bytes(random.Random(1).randbytes(5 * 1024 * 1024 + 1))
    error = fails(world)
    assert error.what == "the bundle is 5.0 MiB, more than 5 MiB"
    assert error.why == "heaviest: payment_bot: 5.0 MiB unpacked, paybot-bundle.json: 0.0 MiB unpacked"


def test_a_bot_that_does_not_compile(world: World) -> None:
    interpreter = find_interpreter(os.environ)
    if interpreter is None:
        pytest.skip("no interpreter of the Lambda runtime's version on this machine")
    world.environ[CHOSEN_BY] = interpreter
    write(world.lambda_dir, {"requirements.txt": "", "payment_bot/broken.py": "\nkey = 'sk_live_x\n"})
    error = fails(world)
    assert error.why.startswith("payment_bot/broken.py:2: ")
    assert "sk_live" not in error.why


def test_an_interpreter_that_dies(world: World) -> None:
    write(world.lambda_dir, {"requirements.txt": ""})
    make_program(world.bin / "python3.13", '[ "$3" = -c ] && echo cpython 3 13 0 && exit 0; echo Killed >&2; exit 9')
    assert fails(world).why == "Killed"


def test_a_place_that_cannot_be_written(world: World) -> None:
    world.build_dir.rename(world.root / "kept")
    world.build_dir.write_text("a file where the directory should be")
    with pytest.raises(PaybotError, match="cannot be built in") as caught:
        world.build()
    assert caught.value.why == "File exists"


@pytest.mark.parametrize(
    ("number", "hint"),
    [(errno.ENOSPC, "space"), (errno.EROFS, "read-only"), (errno.EDQUOT, "quota"), (errno.EACCES, "permissions")],
)
def test_what_the_disk_refuses_is_explained(number: int, hint: str) -> None:
    error = disk_error(OSError(number, os.strerror(number)), Path("build"))
    assert error.why == os.strerror(number)
    assert hint in error.hint


def test_a_full_disk_is_not_a_traceback() -> None:
    with pytest.raises(PaybotError, match="cannot be built in build"), disk_errors(Path("build")):
        Path("/dev/full").write_bytes(b"x")


def test_a_build_that_is_killed_leaves_the_bundle_and_the_next_one_works(world: World) -> None:
    before, reached = world.zip_bytes(), world.root / "reached"
    make_program(world.bin / "uv", f"echo > {reached}; exec sleep 60")
    machine = world.environ | {"PATH": f"{world.bin}:/usr/bin:/bin"}
    script = (
        "from tests.adapters.bundle_world import World; from pathlib import Path\n"
        f"World(Path({str(world.root)!r}), {machine!r}, {world.python!r}).build()"
    )
    build = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2], start_new_session=True)
    while not reached.exists():
        assert build.poll() is None
        time.sleep(0.01)
    os.killpg(build.pid, signal.SIGKILL)
    build.wait()
    assert world.zip_bytes() == before
    assert read_built(world.build_dir) is not None

    [left_over] = world.build_dir.glob(".lambda-*")
    os.utime(left_over, (1, 1))
    write(world.lambda_dir, {"requirements.txt": "# changed\n"})
    assert world.build().built
    assert not left_over.exists()


def test_another_build_at_work_is_left_alone(world: World) -> None:
    write(world.lambda_dir, {"requirements.txt": "# changed\n"})
    young = world.build_dir / ".lambda-young"
    young.mkdir()
    world.build()
    assert young.is_dir()
