"""What the checks stand on: the workspace as far as it can be read, an impatient session, answers that are shared."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from paybot_ops.adapters import bedrock
from paybot_ops.adapters.session import Identity, Session, find_region, loopback_endpoint
from paybot_ops.adapters.workspace import Workspace, find_workspace
from paybot_ops.core.models import ModelLifecycle, foundation_model_id
from paybot_ops.core.status_names import Names, parse_names
from paybot_ops.errors import PaybotError, SandboxError, UsageError
from paybot_ops.operations.crew import QuietScreen
from paybot_ops.operations.daemon_pool import start
from paybot_ops.operations.status_readings import StateLook, read_state
from paybot_ops.operations.target import Choice, Target, find_target
from paybot_ops.operations.value_edits import read_values
from paybot_ops.sandbox import DEFAULT_REGION

T = TypeVar("T")
# Who is calling can be asked in any region.
_ANY_REGION = "us-east-1"


class Once:
    """Answers that several checks need: the first to ask gets each, the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, Future[Any]] = {}

    def get(self, name: str, make: Callable[[], T]) -> T:
        """The answer of that name, or the error that making it ended with."""
        with self._lock:
            mine = name not in self._answers
            future = self._answers.setdefault(name, Future())
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:  # everybody who asks hears of it
                future.set_exception(error)
        return cast(T, future.result())

    def knows(self, name: str) -> bool:
        """Whether there is an answer of that name already, and no error."""
        future = self._answers.get(name)
        return future is not None and future.done() and future.exception() is None


@dataclass(slots=True)
class SharedSession(Session):
    """A session that asks who is calling once, however many checks want to know."""

    once: Once = field(default_factory=Once, repr=False)

    def identity(self) -> Identity:
        """Who is calling. Raises `CredentialsError`."""
        return self.once.get("identity", lambda: Session.identity(self))


@dataclass
class Ground:
    """One look at the world. `workspace` is None where there are no Terraform files; `problem` is why `target` is."""

    choice: Choice
    session: SharedSession
    region: str | None
    endpoint: str | None
    workspace: Workspace | None = None
    found: Target | None = None
    problem: PaybotError | None = None

    @property
    def target(self) -> Target:
        """The deployment.

        Raises:
            PaybotError: its files cannot be used.
        """
        if self.found is None:
            raise self.problem or UsageError("no Terraform files here", hint="name them with --dir")
        return self.found

    @property
    def notes(self) -> list[str]:
        """What could not be seen on the way."""
        return self.found.screen.warnings if self.found else []

    def alone(self) -> Ground:
        """The same for one check, whose notes are its own."""
        own = copy.copy(self)
        if own.found is not None:
            own.found = copy.copy(own.found)
            own.found.screen = QuietScreen()
        return own

    def heading(self) -> str:
        """Account, region and environment; "" where nobody is known to be signed in. Asks nothing."""
        if self.found is None or not (self.endpoint or self.session.once.knows("identity")):
            return ""
        return self.found.header()

    def state(self) -> StateLook:
        """The state, read once. Raises `PaybotError` when it cannot be."""
        return self.session.once.get("state", lambda: read_state(self.target, start(self.session.identity)))

    def document(self) -> Mapping[str, Any] | None:
        """The state as a document; None where there is none.

        Raises:
            PaybotError: it cannot be read.
        """
        look = self.state()
        if look.status.problem:
            raise PaybotError("the state cannot be read", why=look.status.problem, hint="paybot state versions")
        return look.state.document if look.state else None

    def names(self) -> Names:
        """What the deployment's resources are called, as its state says. Raises as `document` does."""
        return parse_names(self.document())

    def model(self) -> ModelLifecycle | None:
        """The deployment's model as Bedrock describes it, asked once."""
        wanted = foundation_model_id(self.target.settings.bedrock_model_id)
        return self.session.once.get("model", lambda: bedrock.find_model(self.target.session, wanted))

    def is_empty(self) -> bool:
        """Whether the state says that nothing is deployed; one that cannot be read says nothing."""
        try:
            return self.state().is_empty
        except PaybotError:
            return False

    def number(self, variable: str) -> float | None:
        """The number that a variable has; None where the module has none of that name, or it is no number."""
        found = read_values(self.target, [variable]).get(variable)
        try:
            return None if found is None or isinstance(found.value, bool) else float(str(found.value))
        except ValueError:
            return None

    def flag(self, variable: str) -> bool | None:
        """What a switch is set to; None where it is not set, or the module has none of that name."""
        found = read_values(self.target, [variable]).get(variable)
        return None if found is None or found.value is None else found.value in (True, "true")


def find_ground(choice: Choice, seconds: float) -> Ground:
    """Look for the workspace; without one, or with one that cannot be read, what concerns the machine is left.

    `seconds` is how long a check may take: a call is tried twice within it.

    Raises:
        PaybotError: the directory or the environment that was named is not there, or no embedded AWS runs.
    """
    try:
        workspace = find_workspace(Path.cwd(), choice.directory, choice.env)
    except UsageError:
        if choice.directory or choice.env or choice.sandbox:
            raise
        return _without(choice, seconds, None, None)
    workspace.environment_files()
    try:
        target = find_target(QuietScreen(), choice)
    except SandboxError:
        raise
    except PaybotError as problem:
        return _without(choice, seconds, workspace, problem)
    session = _session(target.region, target.endpoint, seconds)
    target.session = session
    return Ground(choice, session, target.region, target.endpoint, target.source, target)


def _without(choice: Choice, seconds: float, workspace: Workspace | None, problem: PaybotError | None) -> Ground:
    endpoint = loopback_endpoint()
    if workspace is not None and endpoint:
        workspace = replace(workspace, overrides=workspace.sandbox_overrides)
    region = choice.region or (DEFAULT_REGION if endpoint else _region())
    return Ground(
        choice, _session(region or _ANY_REGION, endpoint, seconds), region, endpoint, workspace, None, problem
    )


def _region() -> str | None:
    try:
        return find_region()
    except PaybotError:  # a profile that cannot be used: the check of the credentials says so
        return None


def _session(region: str, endpoint: str | None, seconds: float) -> SharedSession:
    return SharedSession(region, endpoint, read_timeout=max(seconds * 0.4, 0.5), attempts=2)
