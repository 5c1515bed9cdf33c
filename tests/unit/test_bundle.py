"""What goes into the bundle, how it is written, and when deployed code counts as different."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.bundle import (
    MARKER,
    Built,
    code_differs,
    digest_inputs,
    heaviest,
    is_kept,
    is_source,
    locked_names,
    marker,
    parse_built,
    pyc_path,
    read_bundle_digest,
    sha256,
    top_names,
    zip_bundle,
)

FILES = st.dictionaries(st.text("ab/.", min_size=1, max_size=6), st.binary(max_size=8), max_size=4)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("requests/adapters.py", True),
        ("stripe/_payment_method_service.py", True),
        ("stripe/params/_payment_method_create_params.py", False),
        ("pkg/params/__init__.py", True),
        ("typing_extensions.py", True),
        ("certifi/cacert.pem", True),
        ("numpy/testing/tools.py", True),
        ("requests-2.34.2.dist-info/METADATA", True),
        ("requests-2.34.2.dist-info/entry_points.txt", True),
        ("requests-2.34.2.dist-info/RECORD", False),
        ("requests-2.34.2.dist-info/INSTALLER", False),
        ("requests-2.34.2.dist-info/licenses/METADATA", False),
        ("boto3/session.py", False),
        ("boto3-1.43.0.dist-info/METADATA", False),
        ("python_dateutil-2.9.0.post0.dist-info/METADATA", False),
        ("dateutil/parser.py", False),
        ("six.py", False),
        ("sixpence.py", True),
        ("bin/normalizer", False),
        ("pkg/bin/tool.py", True),
        ("pkg/tests/test_x.py", False),
        ("pkg/contest/x.py", True),
        ("pkg/docs/index.html", False),
        ("pkg/module.pyi", False),
        ("pkg/py.typed", False),
        ("pkg/__pycache__/m.cpython-311.pyc", False),
        (".lock", False),
        ("pkg/md.cpython-313-aarch64-linux-gnu.so", True),
        ("pkg/md.cpython-313-x86_64-linux-gnu.so", False),
        ("pkg/md.cpython-312-aarch64-linux-gnu.so", False),
        ("pkg/md.cpython-313-darwin.so", False),
        ("pkg/md.abi3.so", True),
        ("pkg.libs/libssl-1.1.so", True),
        ("pkg/md.cp313-win_amd64.pyd", False),
    ],
)
def test_only_what_lambda_runs_is_kept(path: str, kept: bool) -> None:
    assert is_kept(path) is kept


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("handler.py", True),
        ("replies/en.json", True),
        ("tests/test_handler.py", False),
        ("__pycache__/handler.cpython-311.pyc", False),
        (".DS_Store", False),
        (".cache/handler.py", False),
        ("old.pyc", False),
    ],
)
def test_what_counts_as_a_source(path: str, source: bool) -> None:
    assert is_source(path) is source


@given(FILES, FILES)
def test_the_digest_is_one_to_one_with_the_files(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    assert (digest_inputs(first) == digest_inputs(second)) is (first == second)


def test_the_digest_is_stable() -> None:
    # A change here makes every deployed bot count as changed: raise FORMAT on purpose, never by accident.
    files = {"payment_bot/handler.py": b"def handler(): ...\n", "requirements.txt": b""}
    assert digest_inputs(files) == "UzvA7VgLNq0YLQ5e2T+ZYrhTZIuACRwA1b+Fg8M/uR8="


@given(FILES)
def test_the_digest_does_not_depend_on_the_order_of_reading(files: dict[str, bytes]) -> None:
    assert digest_inputs(dict(reversed(files.items()))) == digest_inputs(files)


def test_entries_are_sorted_and_carry_no_trace_of_the_machine() -> None:
    content = zip_bundle({"b.py": b"2", "a/__init__.py": b"", "a.py": b"1"})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["a.py", "a/__init__.py", "b.py"]
    assert {(entry.date_time, entry.external_attr >> 16, entry.create_system) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644, 3)
    }


def test_the_zip_compresses() -> None:
    assert len(zip_bundle({"a.py": b"x = 1\n" * 10_000})) < 2_000


def test_the_marker_is_found_again() -> None:
    assert read_bundle_digest(zip_bundle({MARKER: marker("abc=")})) == "abc="


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a zip",
        zip_bundle({"lambda_function.py": b""}),
        zip_bundle({MARKER: b"{"}),
        zip_bundle({MARKER: b"[1]"}),
        zip_bundle({MARKER: b'{"source_sha256": 1}'}),
        zip_bundle({MARKER: b"\xff"}),
        zip_bundle({MARKER: marker("abc=")})[:-30],
    ],
)
def test_a_zip_from_elsewhere_has_no_digest(content: bytes) -> None:
    assert read_bundle_digest(content) is None


LOCAL = zip_bundle({MARKER: marker("new")})
BUILT = Built(source_sha256="new", zip_sha256=sha256(LOCAL), size=len(LOCAL), precompiled=True)
WITHOUT_BYTE_CODE = zip_bundle({MARKER: marker("new"), "note": b"no byte code"})
OLDER = zip_bundle({MARKER: marker("old")})
BY_HAND = zip_bundle({"lambda_function.py": b""})


@pytest.mark.parametrize(
    ("built", "deployed", "downloaded", "differs"),
    [
        (BUILT, LOCAL, False, False),
        (BUILT, WITHOUT_BYTE_CODE, False, None),
        (BUILT, WITHOUT_BYTE_CODE, True, False),
        (BUILT, OLDER, True, True),
        (BUILT, BY_HAND, True, True),
        (None, LOCAL, False, None),
        (None, LOCAL, True, False),
    ],
)
def test_the_deployed_code_is_compared(
    built: Built | None, deployed: bytes, downloaded: bool, differs: bool | None
) -> None:
    answer = code_differs(
        source_sha256="new",
        deployed_sha256=sha256(deployed),
        built=built,
        deployed_zip=deployed if downloaded else None,
    )
    assert answer is differs


def test_a_stale_local_bundle_proves_nothing() -> None:
    stale = Built(source_sha256="old", zip_sha256=sha256(OLDER), size=len(OLDER), precompiled=True)
    assert code_differs(source_sha256="new", deployed_sha256=sha256(OLDER), built=stale) is None


def test_the_record_is_read_back() -> None:
    assert parse_built(BUILT.to_json()) == BUILT


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "{}", BUILT.to_json()[:40], '{"size": "many"}'])
def test_a_record_that_is_none_is_not_believed(text: str) -> None:
    assert parse_built(text) is None


def test_sha256_has_the_form_that_lambda_reports() -> None:
    assert sha256(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_the_names_that_a_lock_pins() -> None:
    lock = "# by uv\nrequests==2.34.2 ; python_version >= '3.8' \\\n    --hash=sha256:00\n    # via -r x\nidna==3.20\n"
    assert locked_names(lock) == ("requests", "idna")


def test_the_bots_own_top_level_names() -> None:
    assert top_names(["payment_bot/a/b.py", "payment_bot/c.py", "entry.py", "requirements.txt"]) == (
        "entry",
        "payment_bot",
    )


def test_byte_code_lies_where_the_runtime_looks() -> None:
    assert pyc_path("pkg/m.py") == "pkg/__pycache__/m.cpython-313.pyc"
    assert pyc_path("top.py") == "__pycache__/top.cpython-313.pyc"


def test_the_heaviest_come_first() -> None:
    files = {"big/a": b"x" * 3_000_000, "big/b": b"x" * 1_000_000, "small.py": b"x", "mid/a": b"x" * 2_000_000}
    assert heaviest(files, 2) == ("big: 3.8 MiB unpacked", "mid: 1.9 MiB unpacked")
