"""From what a deployment consists of and what it measured to what is billed; and which metrics that takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from paybot_ops.core.cost import Kind, Meter, token_prices
from paybot_ops.core.inventory import Alarm, Function, LogGroup, Table, gigabytes
from paybot_ops.core.metric_queries import Completeness, MetricAnswer, MetricQuery
from paybot_ops.core.metric_window import DAY
from paybot_ops.core.prices import PriceTable, UnitPrice

# Guardrail policies by their value of GuardrailPolicyType, and the price that each has.
_POLICIES = {
    "ContentPolicy": "guardrail-content",
    "TopicPolicy": "guardrail-topic",
    "WordPolicy": "guardrail-word",
    "SensitiveInformationPolicy": "guardrail-pii",
}


def metric(namespace: str, name: str, stat: str = "Sum", **dimensions: str) -> MetricQuery:
    """A query by UTC day."""
    return MetricQuery(namespace, name, stat, DAY, tuple(sorted(dimensions.items())))


@dataclass(frozen=True, slots=True)
class Bill:
    """Makes meters from prices and an answer of CloudWatch."""

    prices: PriceTable
    answer: MetricAnswer

    def used(self, area: str, item: str, price: str, query: MetricQuery, *, factor: Decimal = Decimal(1)) -> Meter:
        """What was used this month by one metric's sum, times a factor into the priced unit."""
        series = self.answer.of(query)
        whole = series.completeness is Completeness.COMPLETE
        quantity = series.total * factor if whole else None
        note = "" if whole else "CloudWatch gave it only in part"
        return Meter(area, item, Kind.USED, quantity, self.prices.find_unit(price), note=note)

    def standing(
        self, area: str, item: str, price: str, quantity: Decimal | int, *, in_account: int | None = None
    ) -> Meter:
        """What is there now, and so all month."""
        account = None if in_account is None else Decimal(in_account)
        return Meter(area, item, Kind.STANDING, Decimal(quantity), self.prices.find_unit(price), in_account=account)


def unmeasured(area: str, item: str, why: str) -> Meter:
    """A thing that is billed and could not be measured."""
    return Meter(area, item, Kind.USED, None, None, note=why)


def model_meters(prices: PriceTable, tokens: Mapping[str, tuple[Decimal, Decimal] | None]) -> Iterator[Meter]:
    """Tokens in and out of each model; None where they are not known in full."""
    for model_id, counts in tokens.items():
        into, out = token_prices(prices.find_model(model_id))
        for number, (word, price) in enumerate((("in", into), ("out", out))):
            quantity, note = (None, "not measured in full") if counts is None else (counts[number], "")
            yield Meter("model", f"{model_id}, tokens {word}", Kind.USED, quantity, price, "tokens", note=note)


def guardrail_queries() -> dict[str, MetricQuery]:
    """Text units by policy (Monitor Amazon Bedrock Guardrails using CloudWatch metrics); of the whole region."""
    namespace = "AWS/Bedrock/Guardrails"
    return {policy: metric(namespace, "TextUnitCount", GuardrailPolicyType=policy) for policy in _POLICIES}


def guardrail_meters(bill: Bill, *, enabled: bool) -> Iterator[Meter]:
    """One line per policy that was used, or for each where guardrails are on."""
    for policy, query in guardrail_queries().items():
        if enabled or bill.answer.of(query).points:
            yield bill.used("guardrail", policy, _POLICIES[policy], query)


def function_queries(name: str) -> tuple[MetricQuery, MetricQuery]:
    """Invocations, and their milliseconds."""
    return tuple(metric("AWS/Lambda", one, FunctionName=name) for one in ("Invocations", "Duration"))  # type: ignore[return-value]


def function_meters(bill: Bill, functions: Iterable[Function]) -> Iterator[Meter]:
    """Requests, and gigabyte-seconds at the price of the architecture."""
    for function in functions:
        invocations, duration = function_queries(function.name)
        factor = Decimal(function.memory) / 1024 / 1000
        yield bill.used("lambda", f"{function.name}, requests", "lambda-requests", invocations)
        yield bill.used(
            "lambda",
            f"{function.name}, {function.memory} MB",
            f"lambda-{function.architecture}",
            duration,
            factor=factor,
        )


def api_query(name: str) -> MetricQuery:
    """Calls of an API, of every stage."""
    return metric("AWS/ApiGateway", "Count", ApiName=name)


def api_meters(bill: Bill, names: Iterable[str]) -> Iterator[Meter]:
    """Calls."""
    return (bill.used("api", f"{name}, calls", "api-requests", api_query(name)) for name in names)


def table_queries(name: str) -> tuple[MetricQuery, MetricQuery]:
    """Read and write units."""
    names = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
    return tuple(metric("AWS/DynamoDB", one, TableName=name) for one in names)  # type: ignore[return-value]


def table_meters(bill: Bill, tables: Iterable[Table], area: str = "dynamodb") -> Iterator[Meter]:
    """Units and storage of on-demand tables; a provisioned one is billed by its capacity, which has no price here."""
    for table in tables:
        reads, writes = table_queries(table.name)
        if table.on_demand:
            yield bill.used(area, f"{table.name}, reads", "dynamodb-reads", reads)
            yield bill.used(area, f"{table.name}, writes", "dynamodb-writes", writes)
        else:
            yield unmeasured(area, f"{table.name}, provisioned capacity", "only on-demand tables are priced")
        yield bill.standing(area, f"{table.name}, storage", "dynamodb-storage", gigabytes(table.size))


def log_query(name: str) -> MetricQuery:
    """Bytes that came in."""
    return metric("AWS/Logs", "IncomingBytes", LogGroupName=name)


def log_meters(bill: Bill, groups: Iterable[LogGroup]) -> Iterator[Meter]:
    """What came in and what is kept."""
    for group in groups:
        yield bill.used("logs", f"{group.name}, in", "logs-ingested", log_query(group.name), factor=gigabytes(1))
        yield bill.standing("logs", f"{group.name}, kept", "logs-stored", gigabytes(group.stored))


def alarm_meters(bill: Bill, own: Sequence[Alarm], every: Sequence[Alarm]) -> Iterator[Meter]:
    """The deployment's alarms: what the account pays for because of them, beyond its free ones."""
    metrics, all_metrics = (sum(alarm.metrics for alarm in alarms) for alarms in (own, every))
    yield bill.standing("alarms", f"{len(own)} alarms, metrics", "alarm-metric", metrics, in_account=all_metrics)
    composite = sum(alarm.composite for alarm in own)
    if composite:
        yield bill.standing("alarms", "composite alarms", "composite-alarm", composite)


def bucket_query(name: str) -> MetricQuery:
    """A bucket's size; S3 reports it once a day."""
    return metric("AWS/S3", "BucketSizeBytes", "Average", BucketName=name, StorageType="StandardStorage")


def bucket_meter(price: UnitPrice | None, name: str, answer: MetricAnswer) -> Meter:
    """What the state's bucket keeps; a new bucket has no size before its first night."""
    size = answer.of(bucket_query(name)).last
    note = "S3 has not yet reported a size" if size is None else ""
    quantity = None if size is None else gigabytes(size)
    return Meter("state", f"{name}, storage", Kind.STANDING, quantity, price, "GB-months", note=note)
