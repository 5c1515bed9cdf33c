"""`make scan`: the module's source and its plans before every judge; exits with 3 when one of them finds something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from paybot_ops.errors import ExitCode
from scan import secrets, skips, wildcards
from scan.finding import Finding
from scan.plans import PlanError, make_plans
from scan.relaxations import RELAXED

ROOT = Path(__file__).resolve().parent.parent
MODULE = ROOT / "terraform"
INTERPRETER = ROOT / ".venv-scan/bin/python"
RELAXED_PLAN = "development"


def main(module: Path = MODULE) -> int:
    """Judge a module, print what was found and how much was looked at."""
    if not INTERPRETER.exists():
        print("checkov is not installed: run `make scan`", file=sys.stderr)
        return ExitCode.FAILURE
    with tempfile.TemporaryDirectory() as folder:
        try:
            plans = make_plans(module, Path(folder))
        except PlanError as error:
            print(error, file=sys.stderr)
            return ExitCode.FAILURE
        verdict = ask_checkov(module, plans)
        accepted = [skip for path in _sources(module) for skip in skips.find_skips(path.name, path.read_text("utf-8"))]
        found = [
            *checkov_findings(verdict),
            *skips.judge_skips(accepted, verdict["needed"]),
            *own_findings(module, plans),
        ]
    for line in summary(verdict, accepted, sorted(set(found))):
        print(line)
    return ExitCode.FINDING if found else ExitCode.OK


def ask_checkov(module: Path, plans: dict[str, Path]) -> dict[str, Any]:
    """checkov's verdicts, from its own interpreter, with nothing of this environment's but the way to programs."""
    arguments = [str(INTERPRETER), "-m", "scan.judge", str(module), *(f"{name}={path}" for name, path in plans.items())]
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": os.devnull, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, cwd=ROOT, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def checkov_findings(verdict: dict[str, Any]) -> Iterator[Finding]:
    """Failed checks, what was not judged, and relaxations that nothing needs any more."""
    relaxed = set()
    for run, counted in verdict["runs"].items():
        yield from (Finding(f"{run}: {name}", "checkov", "could not be read") for name in counted["unread"])
        if not counted["passed"]:
            yield Finding(run, "checkov", "nothing passed: it was not judged at all")
        for failed in counted["failed"]:
            if is_relaxed(run, failed):
                relaxed.add(failed["id"])
                continue
            place = f"{failed['file']}:{failed['line']}" if run == "source" else run
            details = f" ({', '.join(failed['details'])})" if failed["details"] else ""
            yield Finding(place, failed["id"], f"{failed['resource']}: {failed['name']}{details}")
    if RELAXED_PLAN in verdict["runs"]:
        yield from (
            Finding("scan/relaxations.py", check, "passes in development too: relax it no longer")
            for check in sorted(RELAXED.keys() - relaxed)
        )


def is_relaxed(run: str, failed: dict[str, Any]) -> bool:
    """Whether a deployment that is not production may fail so."""
    return run == RELAXED_PLAN and failed["id"] in RELAXED


def own_findings(module: Path, plans: dict[str, Path]) -> Iterator[Finding]:
    """What checkov has no eyes for."""
    for path in _sources(module):
        text = path.read_text(encoding="utf-8")
        yield from secrets.in_text(path.name, text)
        yield from secrets.in_defaults(path.name, text)
        yield from wildcards.unexplained(path.name, text)
    for path in sorted([*module.glob("*.tfvars"), *module.glob("*.tfvars.example")]):
        text = path.read_text(encoding="utf-8")
        yield from secrets.in_text(path.name, text)
        yield from secrets.in_assignments(path.name, text)
    for name, path in [*((path.name, path) for path in sorted(module.glob("*.tfstate*"))), *plans.items()]:
        yield from secrets.in_document(name, path.read_text(encoding="utf-8"))


def summary(verdict: dict[str, Any], accepted: Sequence[skips.Skip], found: Sequence[Finding]) -> Iterator[str]:
    """What a person reads: a line for each judge, then one for each finding."""
    yield f"checkov {verdict['version']}"
    for name, run in verdict["runs"].items():
        relaxed = sum(is_relaxed(name, one) for one in run["failed"])
        counts = {"passed": run["passed"], "failed": len(run["failed"]) - relaxed, "accepted": len(run["skipped"])}
        counts |= {"relaxed": relaxed} if relaxed else {}
        yield f"  {name:<12} " + ", ".join(f"{count} {word}" for word, count in counts.items())
    yield f"accepted findings: {len(accepted)} of at most {skips.MOST}"
    yield from map(str, found)
    yield f"{len(found)} found" if found else "nothing found"


def _sources(module: Path) -> list[Path]:
    return sorted(module.glob("*.tf"))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
