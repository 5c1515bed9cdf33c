"""The bot's own work: what a warm turn takes beside the AWS calls that it makes."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from payment_bot import clients, wiring
from payment_bot.dialogue.state import CardCollection
from payment_bot.gateway import ChatRequest
from payment_bot.settings import Settings
from payment_bot.telemetry import Metric

from bench.measure import Ratio
from paybot_ops.sandbox import process

_ROUNDS = 60
_TABLE = "sessions"
_SETTINGS = Settings(
    session_table=_TABLE,
    session_ttl_seconds=3600,
    model_id="us.amazon.nova-micro-v1:0",
    guardrail=None,
    cors_allow_origin="*",
    daily_token_budget=999_999_999,
    card_collection=CardCollection.CHAT,
    accept_raw_card_data=False,
    kms_key_arn="",
    stripe_secret_arn="unused",
    stripe_api_base="",
)


@dataclass
class _Stopwatch:
    """Counts the time that passes inside AWS calls, by the events that botocore emits around each."""

    spent: float = 0.0
    _began: float = 0.0

    def watch(self, session: Any) -> None:
        """Count the calls of every client that the session makes from now on; signing and waiting are the call's."""
        session.get_component("event_emitter").register_first("before-call", self._start)
        session.get_component("event_emitter").register_last("after-call", self._stop)

    def _start(self, **_: object) -> None:
        self._began = time.perf_counter()

    def _stop(self, **_: object) -> None:
        self.spent += time.perf_counter() - self._began


class _Silence:
    """A journal that is not written: the log is Lambda's to carry."""

    def count(self, metric: Metric, value: int = 1) -> None:
        """Count nothing."""

    def info(self, event: str, **fields: str | int | bool | None) -> None:
        """Say nothing."""

    def warning(self, event: str, **fields: str | int | bool | None) -> None:
        """Say nothing."""


def figures() -> Iterator[Ratio]:
    """A question that the model answers: five calls; the median of many turns."""
    with tempfile.TemporaryDirectory() as name:
        running = process.start(Path(name), exit_with_parent=True)
        before = dict(os.environ)
        os.environ |= {
            "AWS_ENDPOINT_URL": running.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
        }
        try:
            yield _warm_turn()
        finally:
            os.environ.clear()
            os.environ.update(before)
            process.stop(Path(name))


def _warm_turn() -> Ratio:
    stopwatch = _Stopwatch()
    stopwatch.watch(clients._session())
    bot = wiring.make_bot(_prepared())
    journal = _Silence()
    session = bot.answer(ChatRequest("Hello"), journal).session_id
    own, calls = [], []
    for _ in range(_ROUNDS):
        stopwatch.spent = 0.0
        began = time.perf_counter()
        bot.answer(ChatRequest("How do I pay?", session), journal)
        own.append(time.perf_counter() - began - stopwatch.spent)
        calls.append(stopwatch.spent)
    return Ratio(
        "the bot's own work in a warm turn / its AWS calls", statistics.median(own), statistics.median(calls), 0.25
    )


def _prepared() -> Settings:
    boto3.client("dynamodb").create_table(
        TableName=_TABLE,
        KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return replace(_SETTINGS, kms_key_arn=boto3.client("kms").create_key()["KeyMetadata"]["Arn"])
