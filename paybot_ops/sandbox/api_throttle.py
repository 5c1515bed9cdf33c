"""The throttling of a stage's method settings: a token bucket per method, as API Gateway documents it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any


class Throttle:
    """The buckets of every stage; each refills at the rate (requests a second) up to the burst."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def admits(
        self, api_id: str, stage: str, settings: Mapping[str, Mapping[str, Any]], resource: str, method: str
    ) -> bool:
        """Whether one more request may pass now; a stage without limits admits all."""
        path = resource.strip("/").replace("/", "~1")
        key = next((key for key in (f"{path}/{method}", f"~1{path}/{method}", "*/*") if key in settings), None)
        if key is None:
            return True
        rate = float(settings[key].get("throttlingRateLimit", -1))
        burst = int(settings[key].get("throttlingBurstLimit", -1))
        # -1 is Terraform's word for "no limit of its own".
        if rate < 0 or burst < 0:
            return True
        with self._lock:
            now = self._clock()
            bucket = self._buckets.get((api_id, stage, f"{resource} {method}"))
            if bucket is None or (bucket.rate, bucket.burst) != (rate, burst):
                bucket = self._buckets[api_id, stage, f"{resource} {method}"] = _Bucket(rate, burst, now)
            return bucket.take(now)


class _Bucket:
    def __init__(self, rate: float, burst: int, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._at = float(burst), now

    def take(self, now: float) -> bool:
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
