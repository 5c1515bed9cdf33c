"""CloudWatch in front of moto's: metrics are read as AWS reads them, and alarms live."""

from __future__ import annotations

from werkzeug import Request, Response

from paybot_ops.sandbox.alarm_engine import AlarmEngine
from paybot_ops.sandbox.alarm_operations import AlarmOperations
from paybot_ops.sandbox.metric_data import MetricData
from paybot_ops.sandbox.part import Moto
from paybot_ops.sandbox.rpc import Rpc
from paybot_ops.sandbox.series import Index


class CloudWatch:
    """The operations that moto lacks or gets wrong; it keeps the data, the dashboards and the rest."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto
        self._indexes: dict[str, Index] = {}
        self._engine = AlarmEngine(moto, self._index)
        operations = MetricData(self._index).operations | AlarmOperations(self._engine).operations
        self._rpc = Rpc("cloudwatch", "monitoring", operations, moto.lock)

    def answer(self, request: Request) -> Response | None:
        """The answer to a CloudWatch request, None to what is moto's."""
        return self._rpc.answer(request)

    def close(self) -> None:
        """End the thread that evaluates the alarms."""
        self._engine.close()

    def _index(self, region: str) -> Index:
        with self._moto.backend("cloudwatch", region) as backend:
            index = self._indexes.setdefault(region, Index(backend))
            index.refresh()
            return index
