"""The life of the alarms: a thread looks at those that are due or have new data, and acts on what changes."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable

from paybot_ops.sandbox.alarm_actions import run_actions
from paybot_ops.sandbox.alarm_evaluation import evaluate, interval_of, watched
from paybot_ops.sandbox.alarm_rules import RuleError, rule_holds
from paybot_ops.sandbox.alarm_store import ALARM, COMPOSITE, METRIC, OK, Alarm, AlarmStore
from paybot_ops.sandbox.part import Moto
from paybot_ops.sandbox.series import Index, Key

# AWS looks once a minute; here new data are looked at once in this time, so that nobody has to wait for a demo.
TICK_SECONDS = 0.5
# A composite alarm may look at composite alarms; so often a change may travel on.
_DEEPEST = 20


class AlarmEngine:
    """Evaluates the alarms of every region. Close it to end its thread."""

    def __init__(self, moto: Moto, index: Callable[[str], Index], clock: Callable[[], float] = time.time) -> None:
        self._moto = moto
        self._index = index
        self._clock = clock
        self.stores: dict[str, AlarmStore] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
        self._thread.start()

    def store(self, region: str) -> AlarmStore:
        """The alarms of a region."""
        return self.stores.setdefault(region, AlarmStore(region))

    def close(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def look(self) -> None:
        """Evaluate what is due now, in every region."""
        with self._moto.lock:
            for store in list(self.stores.values()):
                if store.alarms:
                    self._look_at(store, self._index(store.region))

    def set_state(self, store: AlarmStore, alarm: Alarm, state: str, reason: str, data: str) -> None:
        """Change a state by hand: it lasts until the alarm is evaluated next (SetAlarmState)."""
        if alarm.kind == METRIC:
            alarm.due = self._clock() + interval_of(alarm.settings)
        if self._change(store, alarm, state, reason, data):
            self._settle(store, alarm)

    def _run(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            try:
                self.look()
            except Exception as problem:  # the thread must outlive a defect in one evaluation
                sys.stderr.write(f"error: evaluating alarms failed with {type(problem).__name__}\n")

    def _look_at(self, store: AlarmStore, index: Index) -> None:
        now, fresh = self._clock(), index.take_changed()
        changed = False
        for alarm in list(store.alarms.values()):
            if alarm.kind == COMPOSITE:
                changed, alarm.due = changed or not alarm.due, now
            elif alarm.due <= now or _touched(alarm, fresh):
                alarm.due = now + interval_of(alarm.settings)
                verdict = evaluate(alarm, index, now)
                if verdict is not None and self._change(store, alarm, verdict.state, verdict.reason, verdict.data):
                    changed = True
        if changed:
            self._settle(store)

    def _settle(self, store: AlarmStore, by_hand: Alarm | None = None) -> None:
        """Bring the composite alarms to what their rules now say; one that was set by hand stays as it was set."""
        composites = [alarm for alarm in store.alarms.values() if alarm.kind == COMPOSITE and alarm is not by_hand]
        for _ in range(_DEEPEST if composites else 0):
            states = {name: alarm.state for name, alarm in store.alarms.items()}
            if not sum(self._follow(store, alarm, states) for alarm in composites):
                return

    def _follow(self, store: AlarmStore, alarm: Alarm, states: dict[str, str]) -> bool:
        try:
            state = ALARM if rule_holds(alarm.settings["AlarmRule"], states) else OK
        except RuleError:
            return False
        suppressor = alarm.settings.get("ActionsSuppressor", "").rpartition(":alarm:")[2]
        alarm.suppressed_by = suppressor if states.get(suppressor) == ALARM else ""
        if state == alarm.state:
            return False
        return self._change(store, alarm, state, f"{alarm.arn} transitioned to {state} by its rule", "")

    def _change(self, store: AlarmStore, alarm: Alarm, state: str, reason: str, data: str) -> bool:
        before = alarm.state
        changed = store.change_state(alarm, state, reason, data)
        if changed:
            run_actions(self._moto, store, alarm, before)
        return changed


def _touched(alarm: Alarm, fresh: Iterable[Key]) -> bool:
    return bool(fresh) and not watched(alarm).isdisjoint(fresh)
