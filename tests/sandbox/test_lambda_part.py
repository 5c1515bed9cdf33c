from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.lambda_world import World, zipped

ECHO = """
import os
def handler(event, context):
    return {"event": event, "version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"], "pid": os.getpid(),
            "arn": context.invoked_function_arn, "word": os.environ.get("WORD")}
"""

OBEY = """
import os, time
def handler(event, context):
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "raise" in event:
        raise ValueError(event["raise"])
    if "exit" in event:
        os._exit(event["exit"])
    if "return" in event:
        return "x" * event["return"]
    return os.getpid()
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def refused(call: Any, *args: Any, **kwargs: Any) -> tuple[str, int]:
    """The code and status with which AWS refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_uploaded_zip_runs_and_its_worker_is_used_again(world: World) -> None:
    name = world.function(ECHO, Environment={"Variables": {"WORD": "one"}})
    first, second = world.invoke(name, {"a": "ä"}), world.invoke(name)
    assert (first.error, first.version) == (None, "$LATEST")
    assert first.payload["event"] == {"a": "ä"}
    assert first.payload["word"] == "one"
    assert first.payload["pid"] == second.payload["pid"]


def test_a_published_version_keeps_its_own_code_and_configuration(world: World) -> None:
    name = world.function(ECHO, Publish=True, Environment={"Variables": {"WORD": "one"}})
    world.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    world.lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": {"WORD": "two"}})
    code = zipped({"app.py": ECHO.replace('"event": event', '"event": "new code"')})
    world.lambda_.update_function_code(FunctionName=name, ZipFile=code)

    live, latest = world.invoke(name, {"a": 1}, Qualifier="live"), world.invoke(name)
    assert (live.version, live.payload["word"], live.payload["event"]) == ("1", "one", {"a": 1})
    assert (latest.version, latest.payload["word"], latest.payload["event"]) == ("$LATEST", "two", "new code")

    version = world.lambda_.publish_version(FunctionName=name)["Version"]
    world.lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    moved = world.invoke(name, Qualifier="live")
    assert (moved.version, moved.payload["version"], moved.payload["word"]) == ("2", "2", "two")
    assert moved.payload["arn"].endswith(f":function:{name}:live")
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    assert [world.invoke(f"{base}:1").payload["word"] for base in (name, arn)] == ["one", "one"]


def test_what_does_not_exist_is_not_found(world: World) -> None:
    name = world.function(ECHO)
    not_found = ("ResourceNotFoundException", 404)
    assert refused(world.invoke, "nobody") == not_found
    assert refused(world.invoke, name, Qualifier="live") == not_found
    assert refused(world.invoke, name, Qualifier="7") == not_found
    assert refused(world.invoke, f"arn:aws:lambda:us-east-1:999999999999:function:{name}") == not_found
    assert refused(world.invoke, f"arn:aws:lambda:eu-west-1:123456789012:function:{name}") == not_found


def test_an_error_of_the_handler_is_unhandled_and_the_worker_lives_on(world: World) -> None:
    name = world.function(OBEY)
    pid = world.invoke(name).payload
    failed = world.invoke(name, {"raise": "no"})
    assert failed.error == "Unhandled"
    assert (failed.payload["errorType"], failed.payload["errorMessage"]) == ("ValueError", "no")
    assert world.invoke(name).payload == pid
    assert world.metric("AWS/Lambda", "Errors", FunctionName=name) == [0, 1, 0]
    assert world.metric("AWS/Lambda", "Invocations", FunctionName=name) == [1, 1, 1]


def test_a_function_that_is_too_slow_is_killed_at_its_timeout(world: World) -> None:
    name = world.function(OBEY, Timeout=1)
    pid = world.invoke(name).payload
    began = time.monotonic()
    slow = world.invoke(name, {"sleep": 30})
    assert 1 <= time.monotonic() - began < 3
    assert slow.error == "Unhandled"
    assert slow.payload["errorMessage"].endswith(" Task timed out after 1.00 seconds")
    assert world.invoke(name).payload != pid
    assert not Path(f"/proc/{pid}").exists() or not Path("/proc/self").exists()
    lines = world.log_lines(f"/aws/lambda/{name}")
    assert any(slow.payload["errorMessage"] in line for line in lines)
    assert any("Status: timeout" in line for line in lines)


@pytest.mark.parametrize(
    ("code", "how"), [(3, "Runtime exited with error: exit status 3"), (0, "Runtime exited without providing a reason")]
)
def test_a_function_that_exits_is_an_exit_error(world: World, code: int, how: str) -> None:
    name = world.function(OBEY)
    crashed = world.invoke(name, {"exit": code})
    assert (crashed.error, crashed.payload["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert crashed.payload["errorMessage"].endswith(f" Error: {how}")
    assert world.invoke(name).error is None


@pytest.mark.parametrize(
    ("source", "handler", "kind"),
    [
        ("import typer\ndef handler(event, context): pass", "app.handler", "Runtime.ImportModuleError"),
        ("def handler(event, context)", "app.handler", "Runtime.UserCodeSyntaxError"),
        ("raise RuntimeError('at import')", "app.handler", "RuntimeError"),
        (ECHO, "app.absent", "Runtime.HandlerNotFound"),
        (ECHO, "absent.handler", "Runtime.ImportModuleError"),
    ],
    ids=["forgotten dependency", "syntax", "import", "no handler", "no module"],
)
def test_a_bundle_that_cannot_be_imported_fails_as_on_aws(world: World, source: str, handler: str, kind: str) -> None:
    name = world.function(source, Handler=handler)
    failed = world.invoke(name)
    assert (failed.error, failed.payload["errorType"]) == ("Unhandled", kind)
    assert any(kind in line for line in world.log_lines(f"/aws/lambda/{name}"))


def test_a_package_that_cannot_be_unpacked_is_refused(world: World) -> None:
    name = world.function(ECHO, Code={"ZipFile": zipped({"../app.py": ECHO})})
    assert refused(world.invoke, name) == ("InvalidZipFileException", 502)


def test_payload_limits(world: World) -> None:
    name = world.function(OBEY)
    large = json.dumps("x" * (6 << 20)).encode()
    assert refused(world.lambda_.invoke, FunctionName=name, Payload=large) == ("RequestTooLargeException", 413)
    assert refused(world.lambda_.invoke, FunctionName=name, Payload=b"{") == ("InvalidRequestContentException", 400)
    answer = world.invoke(name, {"return": (6 << 20) + 200})
    assert (answer.error, answer.payload["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
    assert world.invoke(name, {"return": 5 << 20}).error is None


def test_invocation_types_and_the_log_tail(world: World) -> None:
    name = world.function("def handler(event, context):\n    print('said', event)")
    dry = world.lambda_.invoke(FunctionName=name, InvocationType="DryRun")
    assert dry["StatusCode"] == 204
    assert world.metric("AWS/Lambda", "Invocations", FunctionName=name) == []

    queued = world.lambda_.invoke(FunctionName=name, InvocationType="Event", Payload=b'"later"')
    assert queued["StatusCode"] == 202
    until = time.monotonic() + 10
    while not world.metric("AWS/Lambda", "Invocations", FunctionName=name) and time.monotonic() < until:
        time.sleep(0.02)
    assert "said later\n" in world.log_lines(f"/aws/lambda/{name}")

    tailed = world.lambda_.invoke(FunctionName=name, LogType="Tail", Payload=b'"now"')
    tail = base64.b64decode(tailed["LogResult"]).decode()
    assert tail.startswith("START RequestId: ")
    assert "said now\n" in tail
    assert "later" not in tail
    assert tail.splitlines()[-1].startswith("REPORT RequestId: ")


def test_concurrent_invocations_get_workers_of_their_own_up_to_the_reservation(world: World) -> None:
    name = world.function(OBEY)
    world.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    pids: list[object] = []
    threads = [threading.Thread(target=lambda: pids.append(world.invoke(name, {"sleep": 1}).payload)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert refused(world.invoke, name) == ("TooManyRequestsException", 429)
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 2
    assert world.invoke(name).payload in pids
    assert max(world.metric("AWS/Lambda", "ConcurrentExecutions", FunctionName=name)) == 2
    assert sum(world.metric("AWS/Lambda", "Throttles", FunctionName=name)) == 1

    world.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as caught:
        world.invoke(name)
    answer: Any = caught.value.response
    assert answer["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert (answer["Reason"], answer["Type"]) == ("ReservedFunctionConcurrentInvocationLimitExceeded", "User")
    assert sum(world.metric("AWS/Lambda", "Throttles", FunctionName=name)) == 2


def test_an_alias_moves_from_the_revision_that_was_seen_and_no_other(world: World) -> None:
    name = world.function(OBEY)
    version = world.lambda_.publish_version(FunctionName=name)["Version"]
    names = {"FunctionName": name, "Name": "live"}
    first = world.lambda_.create_alias(**names, FunctionVersion=version)["RevisionId"]
    second = world.lambda_.update_alias(**names, FunctionVersion=version, RevisionId=first)["RevisionId"]
    assert second != first
    assert refused(world.lambda_.update_alias, **names, FunctionVersion=version, RevisionId=first) == (
        "PreconditionFailedException",
        412,
    )
    world.lambda_.update_alias(**names, RoutingConfig={"AdditionalVersionWeights": {}})
    found = world.lambda_.get_alias(**names)
    assert found["RevisionId"] not in (first, second)
    assert "RoutingConfig" not in found
    assert refused(world.lambda_.update_alias, **names, FunctionVersion="9")[1] == 404


def test_the_log_and_the_embedded_metrics_arrive(world: World) -> None:
    metric = {"Namespace": "Shop", "Dimensions": [["service"]], "Metrics": [{"Name": "Sold", "Unit": "Count"}]}
    document = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}, "Sold": [2, 3]}
    source = f"""
import json, logging, sys
def handler(event, context):
    logging.getLogger().warning("two\\nlines")
    print(json.dumps({document!r} | {{"service": context.function_name}}))
    sys.stdout.write("half")
"""
    name = world.function(source, Publish=True)
    world.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    world.invoke(name, Qualifier="live")
    world.invoke(name, Qualifier="live")
    assert world.metric("Shop", "Sold", service=name) == [2, 3, 2, 3]
    lines = world.log_lines(f"/aws/lambda/{name}")
    assert lines[0].startswith("INIT_START Runtime Version: python:3.13")
    kinds = [line.split()[0] for line in lines[1:]]
    first = ["START", "[WARNING]", '{"_aws":', "END", "REPORT"]
    # The half line waits for its rest, which never comes: it ends where the next record begins.
    assert kinds == [*first, "START", "half", *first[1:]]
    assert any("\ttwo\nlines\n" in line for line in lines)
    assert len(world.metric("AWS/Lambda", "Duration", FunctionName=name, Resource=f"{name}:live")) == 2
    assert len(world.metric("AWS/Lambda", "Duration", FunctionName=name)) == 2


def test_logging_config_decides_group_format_and_level(world: World) -> None:
    source = """
import logging
def handler(event, context):
    logging.getLogger().info("quiet")
    logging.getLogger().error("loud")
"""
    config = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR", "SystemLogLevel": "INFO", "LogGroup": "/own/group"}
    name = world.function(source, LoggingConfig=config)
    world.invoke(name)
    events = [json.loads(line) for line in world.log_lines("/own/group")]
    assert [event.get("type") or event["message"] for event in events] == [
        "platform.initStart",
        "platform.start",
        "loud",
        "platform.report",
    ]
    assert events[-1]["record"]["status"] == "success"
    assert events[2]["requestId"] == events[1]["record"]["requestId"]


def test_a_system_log_level_leaves_only_what_went_wrong(world: World) -> None:
    config = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    name = world.function(OBEY, LoggingConfig=config)
    world.invoke(name)
    failed = world.invoke(name, {"raise": "no"})
    events = [json.loads(line) for line in world.log_lines(f"/aws/lambda/{name}")]
    assert [event.get("type") or event["errorType"] for event in events] == ["ValueError", "platform.report"]
    assert events[-1]["record"]["requestId"] == failed.payload["requestId"]


def test_a_role_that_may_not_create_the_group_logs_nowhere(world: World) -> None:
    name = world.function(ECHO, Role=world.role_that_may("logs:PutLogEvents"))
    assert world.invoke(name).error is None
    groups = world.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
    assert groups == []
    world.logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    world.invoke(name)
    assert world.log_lines(f"/aws/lambda/{name}")[0].startswith("START")


def test_a_function_reaches_the_sandbox_while_it_runs(world: World) -> None:
    source = """
import boto3
def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Account"]
"""
    name = world.function(source, Timeout=10)
    assert world.invoke(name).payload == "123456789012"


def test_closing_ends_busy_workers_threads_and_files(tmp_path: Path) -> None:
    threads = set(threading.enumerate())
    world = World(tmp_path)
    idle = world.invoke(world.function(OBEY)).payload
    name = world.function("import os, time\ndef handler(event, context):\n    print(os.getpid())\n    time.sleep(60)")
    world.lambda_.update_function_configuration(FunctionName=name, Timeout=60)
    waiting = world.lambda_part.submit(name, None, b"{}", "us-east-1")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not (busy := _pids(world, name)):
        time.sleep(0.05)
    began = time.monotonic()
    world.close()
    assert time.monotonic() - began < 3
    assert waiting.result().function_error == "Unhandled"
    assert b"Runtime.ExitError" in waiting.result().payload
    for pid in [idle, *busy]:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    # The server's own connection threads end a moment after their sockets.
    for thread in set(threading.enumerate()) - threads:
        thread.join(2)
    assert set(threading.enumerate()) <= threads
    assert list(tmp_path.iterdir()) == []
    # Stopping twice is stopping once.
    world.lambda_part.close()


def _pids(world: World, name: str) -> list[int]:
    """What the running function has printed so far: its log is delivered while it runs."""
    try:
        return [int(line) for line in world.log_lines(f"/aws/lambda/{name}") if line.strip().isdigit()]
    except ClientError:
        return []
