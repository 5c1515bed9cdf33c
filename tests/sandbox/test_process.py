"""The embedded AWS as a process: found again, started once, and never left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paybot_ops.errors import SandboxError
from paybot_ops.sandbox import process
from paybot_ops.sandbox.control_client import call
from paybot_ops.sandbox.process_files import ProcessFiles

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    process.stop(tmp_path)


def files_of(workspace: Path) -> Path:
    return workspace / ".paybot" / "sandbox"


def is_gone(pid: int) -> bool:
    """Whether the process ends within five seconds; a child of this process is waited for."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return True
        except ChildProcessError:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
        time.sleep(0.02)
    return False


def run_python(code: str, *arguments: str, isolated: bool = False) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"PYTHONPATH": "" if isolated else str(ROOT)}
    flags = ["-I", "-S"] if isolated else []
    command = [sys.executable, *flags, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ, check=False)


def test_start_find_stop(workspace: Path) -> None:
    assert process.find(workspace) is None
    started = process.start(workspace, region="eu-west-1")
    health = call(started.endpoint, "GET", "/_paybot/health")
    assert health == {name: getattr(started, name) for name in ("instance", "account_id", "region", "pid")}
    assert started.region == "eu-west-1"
    assert process.find(workspace) == started
    assert process.start(workspace) == started, "a second start must find the first"
    assert process.stop(workspace)
    assert is_gone(started.pid)
    assert list(workspace.iterdir()) == [], "nothing may be left behind"
    assert (process.find(workspace), process.stop(workspace)) == (None, False)


def test_only_the_user_may_read_its_files(workspace: Path) -> None:
    process.start(workspace)
    for folder in (files_of(workspace), files_of(workspace).parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((files_of(workspace) / "server.log").stat().st_mode) == 0o600


def test_other_files_of_the_workspace_stay(workspace: Path) -> None:
    process.start(workspace)
    (files_of(workspace).parent / "own").write_text("kept")
    process.stop(workspace)
    assert [path.name for path in (workspace / ".paybot").iterdir()] == ["own"]


def test_two_starts_at_once_give_one_server(workspace: Path) -> None:
    code = "import sys; from pathlib import Path; from paybot_ops.sandbox import process\n"
    code += "print(process.start(Path(sys.argv[1])).pid)"
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: run_python(code, str(workspace)), range(3)))
    assert len({run.stdout for run in runs}) == 1, [run.stderr for run in runs]
    running = process.find(workspace)
    assert running is not None and runs[0].stdout == f"{running.pid}\n", "it outlives those who started it"


def test_starts_and_stops_at_once_end_in_a_clean_state(workspace: Path) -> None:
    def start_and_stop(number: int) -> None:
        process.start(workspace)
        process.stop(workspace)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(start_and_stop, range(6)))
    assert process.find(workspace) is None
    assert list(workspace.iterdir()) == []


def test_who_waited_for_a_stop_holds_a_lock_that_others_see(tmp_path: Path) -> None:
    first, second = ProcessFiles(tmp_path), ProcessFiles(tmp_path)
    seen = []

    def wait_for_the_lock() -> None:
        with second.locked():
            seen.append((second.directory / "lock").exists())

    with ThreadPoolExecutor(1) as pool:
        with first.locked():
            waiting = pool.submit(wait_for_the_lock)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.2)
            first.remove_all()
        waiting.result(timeout=5)
    assert seen == [True]


def test_a_server_that_cannot_be_told_is_not_waited_for(workspace: Path) -> None:
    with ProcessFiles(workspace).locked(), ProcessFiles(workspace).alive_for_child():
        pass
    # Alive, but no process id was written.
    with ProcessFiles(workspace).alive_for_child(), pytest.raises(SandboxError, match="still ending"):
        process.start(workspace)


def test_a_port_in_use_is_named(workspace: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"Port {port} is in use") as caught:
            process.start(workspace, port=port)
    assert "--port" in caught.value.hint
    assert process.find(workspace) is None
    assert process.start(workspace, port=port).endpoint.endswith(f":{port}"), "and then the same command works"


def test_a_record_of_another_server_is_not_believed(workspace: Path) -> None:
    started = process.start(workspace)
    record = files_of(workspace) / "server.json"
    text = json.loads(record.read_text())
    wrong: list[object] = [text | {"instance": "another"}, text | {"endpoint": "http://127.0.0.1:1"}, {"pid": 1}, []]
    for changed in wrong:
        record.write_text(json.dumps(changed))
        assert process.find(workspace) is None
    record.write_text("{")
    assert process.find(workspace) is None
    # Starting anew ends the one that nobody could find any more.
    assert process.start(workspace).pid != started.pid
    assert is_gone(started.pid)


def test_a_stale_record_never_leads_to_another_process(workspace: Path) -> None:
    started = process.start(workspace)
    os.kill(started.pid, signal.SIGKILL)
    assert is_gone(started.pid)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) as innocent:
        # As if the system had given the server's number to another program.
        (files_of(workspace) / "alive").write_text(str(innocent.pid))
        assert not process.stop(workspace)
        assert innocent.poll() is None
        innocent.kill()


def test_a_fresh_start_forgets_what_the_dead_one_held(workspace: Path) -> None:
    first = process.start(workspace)
    for name in ("terraform", "build"):
        (files_of(workspace) / name).mkdir()
        (files_of(workspace) / name / "left").write_text("stale")
    assert process.start(workspace) == first
    assert (files_of(workspace) / "terraform" / "left").exists()
    os.kill(first.pid, signal.SIGKILL)
    assert is_gone(first.pid)
    assert process.find(workspace) is None
    process.start(workspace)
    assert sorted(path.name for path in files_of(workspace).iterdir()) == ["alive", "lock", "server.json", "server.log"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(workspace: Path, number: signal.Signals) -> None:
    started = process.start(workspace)
    os.kill(started.pid, number)
    assert is_gone(started.pid)
    assert "Traceback" not in (files_of(workspace) / "server.log").read_text()


def test_one_that_does_not_answer_is_ended_with_its_session(workspace: Path) -> None:
    started = process.start(workspace)
    os.kill(started.pid, signal.SIGSTOP)
    assert process.stop(workspace)
    assert is_gone(started.pid)
    assert list(workspace.iterdir()) == []


def test_it_ends_with_its_parent_when_asked(workspace: Path) -> None:
    code = "import os, sys; from pathlib import Path; from paybot_ops.sandbox import process\n"
    code += "print(process.start(Path(sys.argv[1]), exit_with_parent=True).pid, flush=True)\n"
    code += "os.kill(os.getpid(), 9)"
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(workspace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as parent:
        assert parent.stdout is not None
        # Nobody has waited for the dead parent yet, so its number still exists.
        assert is_gone(int(parent.stdout.readline()))


def test_it_does_not_see_the_users_account(workspace: Path) -> None:
    hidden = {
        "AWS_SECRET_ACCESS_KEY": "secret",
        "STRIPE_API_KEY": "secret",
        "TF_VAR_x": "secret",
        "MOTO_ACCOUNT_ID": "1",
    }
    code = "import os, sys, json; from pathlib import Path; from paybot_ops.sandbox import process\n"
    code += "os.environ |= json.loads(sys.argv[2])\n"
    code += "print(process.start(Path(sys.argv[1])).pid)"
    pid = int(run_python(code, str(workspace), json.dumps(hidden)).stdout)
    shown = Path(f"/proc/{pid}/environ")
    if not shown.exists():
        pytest.skip("this system has no /proc")
    assert b"secret" not in shown.read_bytes()


def test_a_workspace_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / ".paybot").write_text("in the way")
    with pytest.raises(SandboxError, match="cannot keep its files"):
        process.start(tmp_path)
    with pytest.raises(SandboxError, match="cannot keep its files"):
        process.start(tmp_path / "missing" / "workspace")


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
    code += "from paybot_ops.errors import SandboxError; from paybot_ops.sandbox import process\n"
    code += "try: process.start(Path(sys.argv[2]))\n"
    code += "except SandboxError as error: print(error.hint, error.why)"
    done = run_python(code, str(ROOT), str(tmp_path), isolated=True)
    assert "pip install 'paybot[sandbox]' Missing: moto" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_cannot_start_shows_why(workspace: Path) -> None:
    # A module of that name on the path of the child, which breaks as it is imported.
    broken = workspace / "broken"
    (broken / "moto").mkdir(parents=True)
    (broken / "moto" / "__init__.py").write_text("raise ImportError('moto is broken here')")
    code = "import os, sys; from pathlib import Path; os.environ['PYTHONPATH'] = sys.argv[2]\n"
    code += "from paybot_ops.errors import SandboxError; from paybot_ops.sandbox import process\n"
    code += "try: process.start(Path(sys.argv[1]))\n"
    code += "except SandboxError as error: print(error.why, '|', error.hint)"
    done = run_python(code, str(workspace), str(broken))
    assert "moto is broken here" in done.stdout, done.stderr
    assert "server.log" in done.stdout


def test_the_cli_can_import_it_cheaply() -> None:
    code = "import sys; from paybot_ops.sandbox import process\n"
    code += "print(sorted({'moto', 'werkzeug', 'botocore', 'flask', 'boto3'} & set(sys.modules)))"
    assert run_python(code).stdout == "[]\n"
