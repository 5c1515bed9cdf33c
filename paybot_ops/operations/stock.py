"""What a deployment consists of, asked of every service at once; a service that refuses is a gap, not a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from paybot_ops.adapters import usage
from paybot_ops.adapters.session import Session
from paybot_ops.core.backend import S3Place
from paybot_ops.core.inventory import Alarm, Function, LogGroup, Table, belongs
from paybot_ops.core.token_metrics import ModelUsage
from paybot_ops.errors import AccessDeniedError, AwsError
from paybot_ops.operations.target import Target

# The namespace and dimension of the bot's own metrics (lambda/payment_bot/telemetry.py).
_BOT_METRICS = ("PaymentBot", "service")
_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of resource that could not be listed, and why."""

    area: str
    why: str


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is: of the deployment, and of the account where an allowance is the account's."""

    found: dict[str, Any]
    project: str
    environment: str

    @property
    def tokens(self) -> list[ModelUsage]:
        """What the model took this month."""
        return self._list("model")

    @property
    def functions(self) -> list[Function]:
        """The deployment's functions."""
        return [one for one in self._list("lambda") if self._own(one.name)]

    @property
    def apis(self) -> list[str]:
        """The deployment's APIs."""
        return [name for name in self._list("api") if self._own(name)]

    @property
    def tables(self) -> list[Table]:
        """The deployment's tables, without the one that locks its state."""
        locks = {table.name for table in self.lock_tables}
        return [one for one in self._list("dynamodb") if one.name not in locks]

    @property
    def lock_tables(self) -> list[Table]:
        """The table of the state's lock, where there is one."""
        return self._list("state lock")

    @property
    def log_groups(self) -> list[LogGroup]:
        """The log groups of the deployment's resources."""
        return [one for one in self._list("logs") if self._own(one.name.rpartition("/")[2])]

    @property
    def keys(self) -> list[str]:
        """The aliases of the deployment's keys."""
        return [name for name in self._list("kms") if self._own(name)]

    @property
    def secrets(self) -> list[str]:
        """The deployment's secrets."""
        return [name for name in self._list("secret") if self._own(name)]

    @property
    def alarms(self) -> list[Alarm]:
        """Every alarm of the region."""
        return self._list("alarms")

    @property
    def own_alarms(self) -> list[Alarm]:
        """The deployment's alarms."""
        return [one for one in self.alarms if self._own(one.name)]

    @property
    def dashboards(self) -> list[str]:
        """Every dashboard of the account."""
        return self._list("dashboard")

    @property
    def own_dashboards(self) -> list[str]:
        """The deployment's dashboards."""
        return [name for name in self.dashboards if self._own(name)]

    @property
    def custom_metrics(self) -> int:
        """How many metrics the bot publishes itself."""
        found = self.found.get("metrics")
        return found if isinstance(found, int) else 0

    def refusals(self) -> Iterator[Refusal]:
        """What could not be listed."""
        return (one for one in self.found.values() if isinstance(one, Refusal))

    def _list(self, area: str) -> list[Any]:
        found = self.found.get(area, [])
        return [] if isinstance(found, Refusal) else found

    def _own(self, name: str) -> bool:
        return belongs(name, self.project, self.environment)


def take_stock(target: Target, place: S3Place | None, *, tokens: Callable[[], list[ModelUsage]]) -> Stock:
    """Ask every service at once.

    Raises:
        CredentialsError: AWS does not accept the caller, whatever is asked.
    """
    session, settings = target.session, target.settings
    project, environment = settings.project_name, settings.environment
    namespace, dimension = _BOT_METRICS
    asked: dict[str, Callable[[], Any]] = {
        "model": tokens,
        "lambda": lambda: usage.list_functions(session),
        "api": lambda: usage.list_apis(session),
        "dynamodb": lambda: _own_tables(session, project, environment),
        "logs": lambda: usage.list_log_groups(session, project),
        "kms": lambda: usage.list_key_aliases(session),
        "secret": lambda: usage.list_secrets(session),
        "alarms": lambda: usage.list_alarms(session),
        "dashboard": lambda: usage.list_dashboards(session),
        "metrics": lambda: usage.count_metrics(session, namespace, dimension, settings.name),
    }
    if place is not None and place.lock_table:
        name, elsewhere = place.lock_table, Session(place.region, target.endpoint)
        asked["state lock"] = lambda: [usage.find_table(elsewhere, name)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = {area: pool.submit(_guarded, area, read) for area, read in asked.items()}
        return Stock({area: future.result() for area, future in futures.items()}, project, environment)


def _own_tables(session: Session, project: str, environment: str) -> Sequence[Table]:
    names = [name for name in usage.list_tables(session) if belongs(name, project, environment)]
    return [usage.find_table(session, name) for name in names]


def _guarded(area: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (AccessDeniedError, AwsError) as error:
        return Refusal(area, error.why or error.what)
