"""What holds for every test: no network, nobody's home, nobody's account, and a terraform that is there or missed."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from paybot_ops.adapters.mirror import find_mirror, has_own_configuration

ROOT = Path(__file__).resolve().parent.parent
BOT_WHEELS = Path(sys.prefix) / "bot-wheels"


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is imported or collected: an environment in which nothing real can be reached."""
    # A shell starts what it runs in the background with Ctrl-C ignored, and every child would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in list(os.environ):
        if name.startswith(("AWS_", "TF_", "PAYBOT_", "STRIPE_")) and name not in (
            "PAYBOT_REQUIRE_TERRAFORM",
            "PAYBOT_TF_MIRROR",
            "STRIPE_TEST_KEY",
        ):
            del os.environ[name]
    home = tempfile.mkdtemp(prefix="paybot-home-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ |= {
        "HOME": home,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "COLUMNS": "200",
        # The bot's wheels were fetched when the environment was made; no installer may ask an index.
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(BOT_WHEELS),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_FIND_LINKS": str(BOT_WHEELS),
        "UV_NO_CONFIG": "1",
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, and what needs terraform skips with a reason where it is absent, or fails if required.

    Files are handed to the workers in this order: a story of minutes that came last would leave all but one idle.
    """
    slow = {item.path for item in items if item.get_closest_marker("terraform")}
    items.sort(key=lambda item: item.path not in slow)
    if os.environ.get("PAYBOT_REQUIRE_TERRAFORM") == "1":
        return
    reason = _why_no_terraform()
    if reason:
        for item in items:
            if item.get_closest_marker("terraform"):
                item.add_marker(pytest.mark.skip(reason=reason))


def _why_no_terraform() -> str:
    if shutil.which("terraform") is None:
        return "terraform is not on PATH"
    if find_mirror(os.environ) is None and not has_own_configuration(os.environ):
        return "no mirror holds the AWS provider, and tests use no network"
    return ""
