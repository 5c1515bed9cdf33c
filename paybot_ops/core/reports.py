"""What each command came to: plain data, made by the operations and shown by the renderers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paybot_ops.core.chat import ChatReply
from paybot_ops.core.dialogues import ModelBill, Spoken
from paybot_ops.core.rollback import RollbackReport
from paybot_ops.core.terraform_plan import TerraformPlan
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.plan import Result


@dataclass(slots=True)
class DeployReport:
    """A deploy or destroy. `error` is set when an apply ended half-way: `result` then says how far it got.

    `pinned` is the version that customers are kept on, "" for the newest; `paused` when they are served by none.
    """

    plan: TerraformPlan
    applied: bool = False
    result: Result = field(default_factory=Result)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    smoke: ChatReply | None = None
    pinned: str = ""
    paused: bool = False
    rollback: RollbackReport | None = None
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None


@dataclass(frozen=True, slots=True)
class CodeDifference:
    """The sources against the code that customers talk to; hashes are base64 SHA-256 of the bundle's inputs."""

    function: str
    version: str
    description: str
    source_hash: str
    deployed_hash: str | None
    differs: bool


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One step of the demo, with its duration in seconds."""

    name: str
    seconds: float
    ok: bool


@dataclass(slots=True)
class DemoReport:
    """The demo from beginning to end; `answer` is the first thing that the bot said through its deployed API."""

    question: str
    steps: list[DemoStep] = field(default_factory=list)
    seconds: float = 0.0
    answer: ChatReply | None = None
    conversations: list[Spoken] = field(default_factory=list)
    bill: ModelBill | None = None
    chat_url: str = ""
    workspace: Path | None = None
    failure: PaybotError | None = None

    @property
    def code(self) -> ExitCode:
        """The exit code: that of the failure, if there was one."""
        return self.failure.code if self.failure else ExitCode.OK
