"""What the tests of the embedded AWS share; a file that needs another one has its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from paybot_ops.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """An embedded AWS in this process, one for each file."""
    with Sandbox() as running:
        yield running
