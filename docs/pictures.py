"""Draws the pictures of the README from a deployment in the embedded AWS: `make pictures`. Needs terraform."""

from __future__ import annotations

import io
import math
import os
import re
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from rich.console import Console

from paybot_ops.cli import run
from paybot_ops.console import PlainConsole
from paybot_ops.sandbox.metrics import datum, publish
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.screen import Screen

FOLDER = Path(__file__).with_name("pictures")
PICTURES = {
    "status": ["status"],
    "metrics-tokens": ["metrics", "tokens", "--days", "7"],
}
_WIDTH = 100
_MODEL = "us.amazon.nova-micro-v1:0"
# rich's template fetches its font from the network; a reader's own monospaced font does.
_FONT_FACE = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


class Canvas(Screen):
    """A terminal that is remembered instead of shown."""

    def __init__(self) -> None:
        super().__init__(stdout=io.StringIO(), stderr=io.StringIO(), stdin=io.StringIO())

    @cached_property
    def out(self) -> Console:
        console = PlainConsole(file=io.StringIO(), width=_WIDTH)
        console.record = True
        console._color_system = console._detect_color_system() or None
        return console

    def svg(self, title: str) -> str:
        """What was drawn, as a document that fetches nothing."""
        return _FONT_FACE.sub("", self.out.export_svg(title=title, unique_id="paybot"))


def draw() -> None:
    """Deploy, let a week pass, and draw."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox:
        os.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint
        os.chdir(name)
        _must(["init"])
        shutil.copyfile("terraform/terraform.tfvars.example", "terraform/terraform.tfvars")
        _must(["deploy", "--yes"])
        _must(["secrets", "set-stripe-key", "--test-key", "--yes"])
        _must(["notifications", "subscribe", "on-call@example.com", "--yes"])
        _a_week(sandbox)
        for picture, arguments in PICTURES.items():
            canvas = Canvas()
            run(arguments, canvas)
            (FOLDER / f"{picture}.svg").write_text(canvas.svg("paybot " + " ".join(arguments)), encoding="utf-8")


def _must(arguments: list[str]) -> None:
    canvas = Canvas()
    code = run(arguments, canvas)
    if code != 0:
        raise SystemExit(f"paybot {' '.join(arguments)} exits with {code}: {canvas._stderr.getvalue()}")  # type: ignore[attr-defined]


def _a_week(sandbox: Sandbox) -> None:
    """More customers by day than by night, fewer at the weekend."""
    now = datetime.now(UTC)
    for hours in range(7 * 24):
        at = now - timedelta(hours=hours)
        busy = (1.2 + math.sin((at.hour - 9) * math.pi / 12)) * (0.5 if at.weekday() > 4 else 1)
        calls = round(9 * busy) + at.day % 3
        values = {"Invocations": calls, "InputTokenCount": calls * 310, "OutputTokenCount": calls * 42}
        data = [{**datum(name, value, "Count", ModelId=_MODEL), "Timestamp": at} for name, value in values.items()]
        data.append({**datum("InvocationLatency", 380 + 90 * busy, "Milliseconds", ModelId=_MODEL), "Timestamp": at})
        publish(sandbox.moto, "us-east-1", "AWS/Bedrock", data)


if __name__ == "__main__":
    draw()
