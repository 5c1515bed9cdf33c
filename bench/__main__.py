"""`make bench`: every figure that paybot promises, side by side in one run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from bench import alarms, bot, bundle, cli, deployment, doctor, logs, metrics, migrate, module, state, status
from bench.measure import Ratio

SUITES: dict[str, Callable[[], Iterator[Ratio]]] = {
    "cli": cli.figures,
    "bot": bot.figures,
    "bundle": bundle.figures,
    "module": module.figures,
    "deployment": deployment.figures,
    "alarms": alarms.figures,
    "state": state.figures,
    "migrate": migrate.figures,
    "metrics": metrics.figures,
    "logs": logs.figures,
    "doctor": doctor.figures,
    "status": status.figures,
}


def main(wanted: list[str]) -> int:
    """Run the suites named on the command line, or all; 1 when a figure is missed."""
    missed = 0
    for name in wanted or list(SUITES):
        for figure in SUITES[name]():
            print(figure, flush=True)
            missed += figure.value > figure.limit
    print(f"{missed} missed" if missed else "every figure is met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
