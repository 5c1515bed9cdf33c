from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from moto import mock_aws
from payment_bot import clients

from tests.lambda_bot.bot_world import World, create_table


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no way to an account of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def world(no_account: None) -> Iterator[World]:
    """A bot whose session table exists and is empty."""
    with mock_aws():
        table = clients.dynamodb()
        create_table(table)
        yield World(table)
