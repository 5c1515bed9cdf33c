from __future__ import annotations

import io
import json
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.sandbox.embedded_metrics import metrics_in
from paybot_ops.sandbox.function_code import UNPACKED_LIMIT, CodeRefused, unpack
from paybot_ops.sandbox.functions import Function, LogSettings
from paybot_ops.sandbox.interpreter import build_runtime_folder, closure
from paybot_ops.sandbox.part import Moto
from paybot_ops.sandbox.runtime import Worker
from paybot_ops.sandbox.worker_output import EVENT_LIMIT, OutputSplitter


class Room:
    """A place for workers without a server: what they run, and the ones to close."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runtime = build_runtime_folder(folder / "runtime")
        self.workers: list[Worker] = []

    def start(self, source: str, *, into: str = "task", **variables: str) -> Worker:
        task_root = self.folder / "task"
        task_root.mkdir(exist_ok=True)
        (task_root / "app.py").write_text(source)
        function = Function(
            region="us-east-1",
            name="unit",
            version="1",
            qualifier=None,
            handler="app.handler",
            runtime="python3.13",
            role="arn:aws:iam::123456789012:role/nobody",
            timeout=10,
            memory_mb=128,
            variables=variables,
            logs=LogSettings("/aws/lambda/unit"),
            code=b"",
            code_sha256="",
            reserved_concurrency=None,
            statements=(),
        )
        self.workers.append(Worker(Moto("http://127.0.0.1:9"), function, self.folder / into, self.runtime))
        return self.workers[-1]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    for worker in room.workers:
        worker.close()


def answer_of(worker: Worker, event: object = None) -> Any:
    outcome = worker.invoke(json.dumps(event).encode())
    assert outcome.function_error is None, outcome.payload
    return json.loads(outcome.payload)


def open_descriptors() -> int:
    """How many this process has open; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def gone(pid: int) -> bool:
    """Whether the process ended within five seconds (a zombie whose parent is dead counts as ended)."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_the_interpreter_holds_only_the_standard_library_the_runtime_and_the_bundle(room: Room) -> None:
    source = """
import importlib.util, sys
def handler(event, context):
    return [[name for name in event if importlib.util.find_spec(name)], sys.path]
"""
    asked = ["json", "boto3", "botocore", "awslambdaric", "typer", "moto", "stripe"]
    found, path = answer_of(room.start(source), asked)
    assert found == ["json", "boto3", "botocore", "awslambdaric"]
    assert path[:2] == [str(room.folder / "task"), str(room.runtime)]
    assert not any("site-packages" in entry for entry in path)


def test_the_closure_follows_requirements_and_leaves_extras() -> None:
    names = {found.name.lower() for found in closure("boto3")}
    assert {"boto3", "botocore", "urllib3", "jmespath", "python-dateutil", "six", "s3transfer"} == names


def test_the_environment_is_the_function_s_and_nothing_of_this_machine_s(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYBOT_TEST_SECRET", "of the host")
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)"
    found = answer_of(room.start(source, GREETING="hello", AWS_REGION="not yours to set"))
    assert "PAYBOT_TEST_SECRET" not in found
    assert found["GREETING"] == "hello"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-east-1"
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert not Path(found["HOME"]).exists()


def test_a_worker_stays_warm_and_leaves_nothing_behind(room: Room) -> None:
    source = """
import os, pathlib, subprocess, tempfile
calls = []
def handler(event, context):
    calls.append(1)
    child = subprocess.Popen(["sleep", "60"])
    pathlib.Path(tempfile.mkdtemp(), "kept").write_text("x")
    return [len(calls), os.getpid(), child.pid]
"""
    threads = set(threading.enumerate())
    descriptors = open_descriptors()
    worker = room.start(source)
    assert answer_of(worker)[:2] == [1, worker.pid]
    second = answer_of(worker)
    assert second[:2] == [2, worker.pid]
    room.workers.remove(worker)
    worker.close()
    assert gone(worker.pid)
    assert gone(second[2])
    assert set(threading.enumerate()) <= threads
    assert sorted(path.name for path in room.folder.iterdir()) == ["runtime", "task"]
    assert open_descriptors() == descriptors


def test_what_a_function_started_does_not_outlive_its_crash(room: Room) -> None:
    source = """
import os, pathlib, subprocess
def handler(event, context):
    pathlib.Path("child").write_text(str(subprocess.Popen(["sleep", "60"]).pid))
    os._exit(1)
"""
    worker = room.start(source)
    assert b"Runtime.ExitError" in worker.invoke(b"{}").payload
    assert not worker.alive
    assert gone(int((room.folder / "task" / "child").read_text()))


def test_a_worker_that_cannot_start_leaves_nothing_behind(room: Room) -> None:
    threads, descriptors = set(threading.enumerate()), open_descriptors()
    with pytest.raises(OSError, match="nowhere"):
        room.start("", into="nowhere")
    assert set(threading.enumerate()) <= threads
    assert open_descriptors() == descriptors
    assert sorted(path.name for path in room.folder.iterdir()) == ["runtime", "task"]


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_a_worker_ends_when_the_sandbox_is_killed(tmp_path: Path, busy: bool) -> None:
    script = f"""
import pathlib, sys, threading, time
sys.path.insert(0, {str(Path.cwd())!r})
from tests.sandbox.test_runtime import Room
worker = Room(pathlib.Path({str(tmp_path)!r})).start(
    "import time\\ndef handler(event, context):\\n    time.sleep(event)"
)
worker.invoke(b"0")
print(worker.pid, flush=True)
worker.invoke(b"9") if {busy} else time.sleep(9)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        pid = int(sandbox.stdout.readline())
        time.sleep(0.1)
        sandbox.kill()
    assert gone(pid)


def test_it_runs_without_the_native_runtime_client(room: Room) -> None:
    for native in room.runtime.glob("runtime_client*"):
        native.unlink()
    source = """
def handler(event, context):
    if event == "fail":
        raise ValueError("as asked")
    return [event, 0 < context.get_remaining_time_in_millis() <= 10_000]
"""
    worker = room.start(source)
    assert answer_of(worker, "first") == ["first", True]
    failed = worker.invoke(b'"fail"')
    assert (failed.function_error, json.loads(failed.payload)["errorMessage"]) == ("Unhandled", "as asked")
    assert answer_of(worker, "third") == ["third", True]


def archive_of(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in entries:
            archive.writestr(info, data)
    return buffer.getvalue()


def linked(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "code",
    [
        archive_of((zipfile.ZipInfo("../outside.py"), b"")),
        archive_of((zipfile.ZipInfo("deep/../../outside.py"), b"")),
        archive_of((zipfile.ZipInfo("/outside.py"), b"")),
        archive_of((linked("link"), b"/etc/passwd")),
        archive_of((zipfile.ZipInfo("file"), b""), (zipfile.ZipInfo("file/below"), b"")),
        archive_of((zipfile.ZipInfo("app.py"), b"print()"))[:-30],
        b"no zip at all",
    ],
    ids=["parent", "deep parent", "absolute", "symlink", "file as folder", "cut off", "no zip"],
)
def test_a_hostile_or_broken_zip_leaves_nothing(tmp_path: Path, code: bytes) -> None:
    with pytest.raises(CodeRefused):
        unpack(code, tmp_path / "code")
    assert list(tmp_path.iterdir()) == []


def test_a_zip_that_would_grow_beyond_the_limit_is_refused_before_a_byte_is_written(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as entry:
        for _ in range(UNPACKED_LIMIT // (1 << 20)):
            entry.write(bytes(1 << 20))
        entry.write(b"1")
    with pytest.raises(CodeRefused, match="smaller than"):
        unpack(buffer.getvalue(), tmp_path / "code")
    assert list(tmp_path.iterdir()) == []


def frame(message: str) -> bytes:
    data = message.encode()
    return b"\xa5\x5a\x00\x03" + len(data).to_bytes(4, "big") + bytes(8) + data


@given(
    st.lists(st.tuples(st.booleans(), st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n")))),
    st.integers(1, 40),
)
def test_lines_and_frames_come_back_however_the_pipe_cuts_them(parts: list[tuple[bool, str]], size: int) -> None:
    stream = b"".join(frame(f"{text}\nmore") if framed else f"{text}\n".encode() for framed, text in parts)
    splitter = OutputSplitter()
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    messages = [message for chunk in chunks for message in splitter.feed(chunk)]
    assert [*messages, *splitter.flush()] == [f"{text}\nmore" if framed else f"{text}\n" for framed, text in parts]


def test_long_half_and_binary_output_becomes_events() -> None:
    splitter = OutputSplitter()
    long = "ä" * EVENT_LIMIT
    pieces = splitter.feed(f"{long}\n".encode())
    assert "".join(pieces) == f"{long}\n"
    assert max(len(piece.encode()) for piece in pieces) <= EVENT_LIMIT
    assert splitter.feed(b"\xff\x00half") == []
    assert splitter.flush() == ["\ufffd\x00half"]
    # A frame whose length is nonsense is text, and the next line is not lost in it.
    assert splitter.feed(b"\xa5\x5a\x00\x03\xff\xff\xff\xff12345678\nnext\n")[1:] == ["next\n"]


def test_embedded_metrics_are_one_datum_for_each_metric_and_dimension_set() -> None:
    document = {
        "_aws": {
            "Timestamp": 1_700_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "PaymentBot",
                    "Dimensions": [["service"], ["service", "model"], ["absent"]],
                    "Metrics": [{"Name": "Turns", "Unit": "Count"}, {"Name": "Tokens"}, {"Name": "text"}],
                }
            ],
        },
        "service": "bot-dev",
        "model": "nova",
        "Turns": 1,
        "Tokens": [3, 4.5],
        "text": "no number",
    }
    found = list(metrics_in(json.dumps(document)))
    assert {namespace for namespace, _ in found} == {"PaymentBot"}
    names = [[dimension["Name"] for dimension in one["Dimensions"]] for _, one in found]
    assert [
        (one["MetricName"], one["Unit"], one["Values"], named) for (_, one), named in zip(found, names, strict=True)
    ] == [
        ("Turns", "Count", [1], ["service"]),
        ("Turns", "Count", [1], ["service", "model"]),
        ("Tokens", "None", [3, 4.5], ["service"]),
        ("Tokens", "None", [3, 4.5], ["service", "model"]),
    ]
    assert {one["Timestamp"].year for _, one in found} == {2023}


@pytest.mark.parametrize(
    "message",
    [
        "plain",
        '{"_aws": 1}',
        '{"_aws": {"CloudWatchMetrics": 3}}',
        '{"_aws": {"CloudWatchMetrics": [{"Namespace": "N", "Metrics": [1, {"Name": "X"}]}]}, "X": NaN}',
        '["_aws"]',
        '{"_aws": ',
    ],
)
def test_what_is_no_embedded_metric_is_only_a_log_line(message: str) -> None:
    assert list(metrics_in(message)) == []
