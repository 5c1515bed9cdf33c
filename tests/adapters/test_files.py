"""The user's files: read as they are, replaced whole or not at all."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.adapters.files import FileError, create_text_file, find_text_file, read_text_file, replace_text_file
from paybot_ops.errors import UsageError

TEXT = '\ufeffproject_name = "é"\r\nlast = 1'


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "terraform.tfvars"
    place.write_bytes(TEXT.encode())
    yield place
    assert not list(tmp_path.glob("**/.*.tmp")), "a temporary file was left behind"


def test_every_byte_is_read_and_written_back(path: Path) -> None:
    file = read_text_file(path)
    assert file.text == TEXT
    replace_text_file(file, file.text + "\r\n")
    assert path.read_bytes() == TEXT.encode() + b"\r\n"


def test_an_absent_file_is_a_value_or_an_error(tmp_path: Path) -> None:
    assert find_text_file(tmp_path / "none") is None
    assert find_text_file(tmp_path / "none" / "none") is None
    with pytest.raises(UsageError, match="does not exist"):
        read_text_file(tmp_path / "none")


def test_bytes_that_are_not_utf8_are_refused_with_their_line(path: Path) -> None:
    path.write_bytes(b'a = 1\nb = "s3cret\xff"\n')
    with pytest.raises(UsageError) as refused:
        read_text_file(path)
    assert refused.value.why == "line 2 holds a byte that is not"
    assert "s3cret" not in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for place in (tmp_path, tmp_path / "loop"):
        with pytest.raises(FileError, match="cannot be read"):
            read_text_file(place)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_permissions_stay(path: Path, mode: int) -> None:
    path.chmod(mode)
    replace_text_file(read_text_file(path), "a = 1\n")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_the_owner_stays(path: Path) -> None:
    os.chown(path, 12345, 23456)
    replace_text_file(read_text_file(path), "a = 1\n")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


def test_a_symbolic_link_stays_one_and_its_target_is_written(path: Path) -> None:
    elsewhere = path.parent / "shared" / "real.tfvars"
    elsewhere.parent.mkdir()
    path.rename(elsewhere)
    path.symlink_to(Path("shared") / "real.tfvars")
    replace_text_file(read_text_file(path), "a = 1\n")
    assert path.is_symlink()
    assert elsewhere.read_text() == "a = 1\n"


def test_a_change_by_somebody_else_is_not_overwritten(path: Path) -> None:
    file = read_text_file(path)
    path.write_text("theirs = 1\n")
    with pytest.raises(FileError, match="changed by somebody else"):
        replace_text_file(file, "ours = 1\n")
    assert path.read_text() == "theirs = 1\n"


def test_a_file_that_vanished_is_not_made_again(path: Path) -> None:
    file = read_text_file(path)
    path.unlink()
    with pytest.raises(FileError):
        replace_text_file(file, "ours = 1\n")
    assert not path.exists()


def test_a_link_that_was_moved_is_not_followed(path: Path) -> None:
    first = path.rename(path.with_name("first"))
    second = path.with_name("second")
    second.write_bytes(first.read_bytes())
    path.symlink_to(first)
    file = read_text_file(path)
    path.unlink()
    path.symlink_to(second)
    with pytest.raises(FileError, match="changed by somebody else"):
        replace_text_file(file, "ours = 1\n")
    assert first.read_bytes() == second.read_bytes() == TEXT.encode()


def test_what_was_written_can_be_replaced_again(path: Path) -> None:
    replace_text_file(replace_text_file(read_text_file(path), "a = 1\n"), "a = 2\n")
    assert path.read_text() == "a = 2\n"


def test_a_read_only_file_is_left_alone(path: Path) -> None:
    path.chmod(0o444)
    with pytest.raises(FileError) as refused:
        replace_text_file(read_text_file(path), "a = 1\n")
    assert refused.value.why == "it is read-only"
    assert path.read_bytes() == TEXT.encode()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every directory")
def test_a_read_only_directory_is_an_error(path: Path) -> None:
    path.parent.chmod(0o555)
    try:
        with pytest.raises(FileError, match="cannot be written"):
            replace_text_file(read_text_file(path), "a = 1\n")
    finally:
        path.parent.chmod(0o755)


def test_a_disk_without_room_leaves_the_old_file_whole(path: Path) -> None:
    file = read_text_file(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(FileError) as refused:
            replace_text_file(file, "x" * 10_000)
        with pytest.raises(FileError):
            create_text_file(path.with_name("new"), "x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.value.why == "File too large"
    assert path.read_bytes() == TEXT.encode()
    assert not path.with_name("new").exists()


def test_a_new_file_is_made_with_the_usual_permissions(path: Path) -> None:
    mask = os.umask(0o027)
    try:
        create_text_file(path.with_name("backend.tf"), "terraform {}\n")
    finally:
        os.umask(mask)
    made = path.with_name("backend.tf")
    assert made.read_text() == "terraform {}\n"
    assert stat.S_IMODE(made.stat().st_mode) == 0o640
    assert made.stat().st_nlink == 1


def test_a_new_file_overwrites_nothing(path: Path) -> None:
    dangling = path.with_name("dangling")
    dangling.symlink_to("nowhere")
    for place in (path, dangling, path.parent / "none" / "x"):
        with pytest.raises(FileError, match="cannot be created"):
            create_text_file(place, "ours\n")
    assert path.read_bytes() == TEXT.encode()
