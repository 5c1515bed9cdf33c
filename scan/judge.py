"""checkov over the module's source and over its plans, in one process; run by the scanner's own interpreter.

`python -m scan.judge SOURCE [NAME=PLAN …]` prints one JSON document. checkov's own command pays for the start of twenty
frameworks in every run, so its runners are called directly; what it can download, report or ask a platform for is all
in that command, and a socket that this process would open is refused.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def refuse_network(event: str, _arguments: tuple[Any, ...]) -> None:
    """An audit hook: nothing that judges the module may tell anybody of it."""
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise PermissionError("the scan runs offline")


def verdicts(source: Path, plans: dict[str, Path]) -> dict[str, Any]:
    """What checkov says of the source and of each plan, and which checks fail once no comment silences them."""
    from checkov.common.output.report import Report
    from checkov.common.runners.runner_registry import RunnerRegistry
    from checkov.runner_filter import RunnerFilter
    from checkov.terraform.plan_runner import Runner as PlanRunner
    from checkov.terraform.runner import Runner as SourceRunner
    from checkov.version import version

    from scan.checks import alarm_actions, iam_actions

    assert alarm_actions.check and iam_actions.check  # importing them was the point

    def of_source(*, comments: bool) -> Any:
        wanted = RunnerFilter(framework=["terraform"])
        return SourceRunner().run(root_folder=str(source), runner_filter=wanted, collect_skip_comments=comments)

    def of_plan(path: Path) -> Any:
        return PlanRunner().run(files=[str(path)], runner_filter=RunnerFilter(framework=["terraform_plan"]))

    commented, bare = of_source(comments=True), of_source(comments=False)
    reports = {name: of_plan(path) for name, path in plans.items()}
    needed = {record.check_id for report in (bare, *reports.values()) for record in report.failed_checks}
    # A plan has neither comments nor lines: they are the source's.
    enriched = RunnerRegistry.get_enriched_resources([source], download_external_modules=False)
    for report in reports.values():
        Report.enrich_plan_report(report, enriched)
        Report.handle_skipped_checks(report, enriched)
    return {
        "version": version,
        "runs": {name: _counted(report) for name, report in {"source": commented, **reports}.items()},
        "needed": sorted(needed),
    }


def _counted(report: Any) -> dict[str, Any]:
    return {
        "passed": len(report.passed_checks),
        "failed": [_told(record) for record in report.failed_checks],
        "skipped": sorted({record.check_id for record in report.skipped_checks}),
        "unread": [Path(name).name for name in report.parsing_errors],
    }


def _told(record: Any) -> dict[str, Any]:
    return {
        "id": record.check_id,
        "name": record.check_name,
        "resource": record.resource,
        "file": Path(record.file_path).name,
        "line": record.file_line_range[0],
        "details": [str(detail) for detail in record.details or ()],
    }


if __name__ == "__main__":
    sys.addaudithook(refuse_network)
    named = (argument.split("=", 1) for argument in sys.argv[2:])
    print(json.dumps(verdicts(Path(sys.argv[1]), {name: Path(path) for name, path in named})))
