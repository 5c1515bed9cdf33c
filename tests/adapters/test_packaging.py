"""The bundle that is built, from the same inputs to the same bytes, and when it is built again."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paybot_ops.adapters.packaging import build_bundle, read_built, source_hash
from paybot_ops.adapters.packaging.interpreter import CHOSEN_BY, find_interpreter
from paybot_ops.core.bundle import pyc_path, read_bundle_digest
from tests.adapters.bundle_world import World, make_world, run_python, write

IN_THE_BUNDLE = {
    "payment_bot/__init__.py",
    "payment_bot/handler.py",
    "payment_bot/replies.json",
    "paybot-bundle.json",
    "tinydep/__init__.py",
    "tinydep/core.py",
    "tinydep/payments.py",
    "tinydep/unused.py",
    "tinydep/data/roots.pem",
    "tinydep/fast.cpython-313-aarch64-linux-gnu.so",
    "tinydep-1.0.dist-info/METADATA",
    "tinydep-1.0.dist-info/entry_points.txt",
}
LOADED = [
    "payment_bot/__init__.py",
    "payment_bot/handler.py",
    "tinydep/__init__.py",
    "tinydep/core.py",
    "tinydep/payments.py",
]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture(scope="session")
def runtime_python() -> str:
    found = find_interpreter(os.environ)
    if found is None:
        pytest.skip("no interpreter of the Lambda runtime's version on this machine")
    return found


@pytest.fixture(scope="session")
def uv() -> str:
    found = shutil.which("uv")
    if found is None:
        pytest.skip("uv is not on PATH")
    return found


needs_pip = pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="this Python has no pip")


@needs_pip
def test_the_bundle_holds_what_lambda_runs_and_nothing_else(tmp_path: Path) -> None:
    world = make_world(tmp_path, with_dependency=True)
    report = world.build()
    assert world.entries() == IN_THE_BUNDLE
    assert (report.built, report.installer, report.precompiled) == (True, "pip", False)
    assert report.bytes == len(world.zip_bytes())
    assert read_bundle_digest(world.zip_bytes()) == report.source_hash == source_hash(world.lambda_dir)
    assert (world.build_dir / "lambda.sha256").read_text() == f"{report.source_hash}\n"


@needs_pip
def test_uv_and_pip_make_the_same_bytes(tmp_path: Path, uv: str, runtime_python: str) -> None:
    worlds = [make_world(tmp_path / name, with_dependency=True) for name in ("with-uv", "with-pip")]
    (worlds[0].bin / "uv").symlink_to(uv)
    for world in worlds:
        world.environ[CHOSEN_BY] = runtime_python
    reports = [world.build() for world in worlds]
    assert [report.installer for report in reports] == ["uv", "pip"]
    assert worlds[0].zip_bytes() == worlds[1].zip_bytes()
    assert worlds[0].entries() == IN_THE_BUNDLE | {pyc_path(path) for path in LOADED}


@pytest.fixture
def hostile_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@needs_pip
@pytest.mark.usefixtures("hostile_umask")
def test_the_machine_leaves_no_trace(tmp_path: Path, runtime_python: str) -> None:
    plain, other = (make_world(tmp_path / name, with_dependency=True) for name in ("plain", "a-much-longer-place"))
    for world in (plain, other):
        world.environ[CHOSEN_BY] = runtime_python
    other.environ |= {
        "LANG": "tr_TR.ISO-8859-9",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "7",
        "PYTHONOPTIMIZE": "2",
        "PIP_USER": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
    }
    for path in other.lambda_dir.rglob("*"):
        path.chmod(0o700)
        os.utime(path, (1, 1))
    plain.build()
    other.build()
    assert plain.zip_bytes() == other.zip_bytes()


def test_byte_code_is_what_runs(world: World, runtime_python: str, tmp_path: Path) -> None:
    world.environ[CHOSEN_BY] = runtime_python
    write(world.lambda_dir, {"payment_bot/answer.py": "ANSWER = 'compiled'\n"})
    assert world.build().precompiled
    unpacked = world.unpack(tmp_path / "task")
    (unpacked / "payment_bot/answer.py").write_text("ANSWER = 'source'\n")
    script = "from payment_bot import answer; print(answer.ANSWER)"
    assert run_python(runtime_python, script, unpacked) == "compiled"


def test_without_an_interpreter_it_is_the_same_code(tmp_path: Path, runtime_python: str) -> None:
    laptop, server = make_world(tmp_path / "laptop"), make_world(tmp_path / "server")
    server.environ[CHOSEN_BY] = runtime_python
    without, with_byte_code = laptop.build(), server.build()
    assert (without.precompiled, with_byte_code.precompiled) == (False, True)
    assert without.source_hash == with_byte_code.source_hash
    assert laptop.zip_bytes() != server.zip_bytes()
    assert "python3.13" in without.warnings[0]
    assert not any("byte code" in warning for warning in with_byte_code.warnings)


def test_a_second_build_does_nothing_and_still_says_what_is_missing(world: World) -> None:
    first = world.build()
    before = (world.build_dir / "lambda.zip").stat()
    second = world.build()
    assert (first.built, second.built, second.installer) == (True, False, None)
    assert (second.source_hash, second.bytes, second.warnings[0]) == (first.source_hash, first.bytes, first.warnings[0])
    assert (world.build_dir / "lambda.zip").stat().st_ino == before.st_ino


def test_an_interpreter_that_turns_up_changes_nothing_until_forced(world: World, runtime_python: str) -> None:
    world.build()
    world.environ[CHOSEN_BY] = runtime_python
    assert not world.build().built
    forced = world.build(force=True)
    assert (forced.built, forced.precompiled) == (True, True)


def test_nothing_heavy_is_loaded_when_there_is_nothing_to_do(world: World) -> None:
    world.build()
    script = (
        "from pathlib import Path\n"
        "from paybot_ops.adapters.packaging import build_bundle\n"
        f"report = build_bundle(Path({str(world.lambda_dir)!r}), Path({str(world.build_dir)!r}), environ={{}})\n"
        "heavy = {'zipfile', 'subprocess', 'tempfile', 'shutil', 'botocore', 'rich', 'typer'}\n"
        "print(report.built, sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    assert run_python(sys.executable, script, root) == "False []"


@pytest.mark.parametrize(
    ("path", "again"),
    [
        ("payment_bot/handler.py", True),
        ("payment_bot/new.txt", True),
        ("requirements.txt", True),
        ("entry.py", True),
        ("requirements.in", False),
        ("README.md", False),
        ("tests/test_bot.py", False),
        ("payment_bot/tests/test_handler.py", False),
        ("payment_bot/__pycache__/handler.cpython-311.pyc", False),
        ("payment_bot/.handler.py.swp", False),
    ],
)
def test_only_a_changed_input_builds_again(world: World, path: str, again: bool) -> None:
    world.build()
    write(world.lambda_dir, {path: "# changed\n"})
    assert world.build().built is again


def _truncate(build: Path) -> None:
    content = (build / "lambda.zip").read_bytes()
    (build / "lambda.zip").write_bytes(content[:-1])


def _flip(build: Path) -> None:
    content = bytearray((build / "lambda.zip").read_bytes())
    content[40] ^= 1
    (build / "lambda.zip").write_bytes(content)


@pytest.mark.parametrize(
    "spoil",
    [
        _truncate,
        _flip,
        lambda build: (build / "lambda.zip").unlink(),
        lambda build: (build / "lambda.json").unlink(),
        lambda build: (build / "lambda.json").write_bytes(b"\xff{"),
        lambda build: (build / "lambda.sha256").unlink(),
        lambda build: (build / "lambda.sha256").write_text("another\n"),
    ],
    ids=["truncated", "flipped", "no zip", "no record", "bad record", "no hash", "other hash"],
)
def test_a_bundle_that_does_not_match_its_record_is_built_again(world: World, spoil: Callable[[Path], object]) -> None:
    world.build()
    good = world.zip_bytes()
    spoil(world.build_dir)
    assert read_built(world.build_dir) is None
    assert world.build().built
    assert world.zip_bytes() == good


def test_a_forced_build_gives_the_same_bytes(world: World) -> None:
    world.build()
    first = world.zip_bytes()
    assert world.build(force=True).built
    assert world.zip_bytes() == first


def test_the_steps_are_told(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    told: list[str] = []
    build_bundle(world.lambda_dir, world.build_dir, progress=told.append, environ=world.environ)
    assert told == ["writing the zip"]


def test_a_large_file_is_compressed_and_kept_whole(world: World) -> None:
    write(world.lambda_dir, {"payment_bot/large.txt": "all the same\n" * 500_000})
    report = world.build()
    assert report.bytes < 50_000
    with zipfile.ZipFile(io.BytesIO(world.zip_bytes())) as archive:
        assert archive.testzip() is None
