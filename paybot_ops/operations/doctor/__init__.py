"""`paybot doctor`: every check beside the others, and with `--fix` the harmless changes that some of them name."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from paybot_ops.core.doctor import Checked, Verdict, choose, failed, unanswered, verdict_of, with_notes
from paybot_ops.core.doctor_report import DoctorReport, FixPlan, plan_fixes
from paybot_ops.errors import PaybotError
from paybot_ops.operations.crew import Crew
from paybot_ops.operations.doctor.ground import Ground, find_ground
from paybot_ops.operations.doctor.table import CHECKS, Check
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.initialize import ensure_initialized
from paybot_ops.operations.state_home import HomeOptions, find_home
from paybot_ops.operations.target import Choice
from paybot_ops.render import doctor as text
from paybot_ops.screen import Screen


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which checks are meant (all, where none is named), how long each may take, and whether to mend."""

    only: tuple[str, ...] = ()
    seconds: float = 20
    fix: bool = False


def doctor(screen: Screen, choice: Choice, gate: Gate, wanted: Wanted) -> DoctorReport:
    """Run the checks; with `fix` show what is harmless to mend, ask, do it, and look at those checks again.

    Raises:
        UsageError: there is no such check, or no such directory.
        ConfirmationError: the changes were declined; what was found is on stderr then.
    """
    checks = _chosen(wanted.only)
    ground = find_ground(choice, wanted.seconds)
    if ground.workspace is None:
        of_machine = tuple(check for check in checks if check.of_machine)
        if of_machine != checks:
            if wanted.only:
                ground.target  # noqa: B018 -- a check that was named and cannot be made is an error
            screen.note("no Terraform files here: only the machine is looked at (--dir names a Terraform directory)")
        checks = of_machine
    found = examine(screen, ground, checks, wanted.seconds)
    if line := ground.heading():
        screen.note(line, style="bold")
    report = DoctorReport(found, plan_fixes(found) if wanted.fix else FixPlan())
    if report.plan.is_empty or gate.dry_run:
        return report
    screen.draw_aside(text.report_table(report))
    screen.draw_aside(text.fixes_text(report.plan))
    screen.confirm(_question(ground, report.plan), yes=gate.yes)
    return _mend(screen, choice, wanted, report, checks)


def examine(screen: Screen, ground: Ground, checks: Sequence[Check], seconds: float) -> tuple[Checked, ...]:
    """All verdicts in the order of the checks, which run beside each other, each for at most so many seconds."""
    crew = Crew(seconds)
    with text.progress(screen, [check.name for check in checks]) as ended:
        futures = [(check, crew.start(_examination(check, ground, ended))) for check in checks]
        return tuple(Checked(check.name, _verdict(crew, check, future, seconds)) for check, future in futures)


def _examination(check: Check, ground: Ground, ended: Callable[[str], None]) -> Callable[[], Verdict]:
    def run() -> Verdict:
        try:
            return examine_one(check, ground)
        finally:
            ended(check.name)

    return run


def _verdict(crew: Crew, check: Check, future: Future[Verdict], seconds: float) -> Verdict:
    try:
        return crew.wait(future)
    except PaybotError:  # `examine_one` raises none: the time is up
        return unanswered(seconds, check.name)


def examine_one(check: Check, ground: Ground) -> Verdict:
    """The verdict of one check, whatever happens to it: an error says what it means."""
    own = ground.alone()
    try:
        verdict = check.run(own)
    except PaybotError as error:
        verdict = verdict_of(error)
    except Exception as error:  # one check must not spoil the others
        if os.environ.get("PAYBOT_DEBUG") == "1":
            traceback.print_exc()
        what = f"the check itself failed ({type(error).__name__}), which is a defect of paybot"
        verdict = failed(what, f"paybot --debug doctor --only {check.name}")
    return with_notes(verdict, own.notes)


def _chosen(only: tuple[str, ...]) -> tuple[Check, ...]:
    names = choose((check.name for check in CHECKS), only)
    return tuple(check for check in CHECKS if check.name in names)


def _question(ground: Ground, plan: FixPlan) -> str:
    """Changes of this machine's files need no credentials, so nobody is asked whose these are."""
    place = ground.heading() if plan.is_local else ground.target.header()
    return f"make these changes for {place}?" if place else "make these changes?"


def _mend(
    screen: Screen, choice: Choice, wanted: Wanted, report: DoctorReport, checks: Sequence[Check]
) -> DoctorReport:
    """Make the changes, and look again at the checks that named them."""
    from paybot_ops.apply import apply_fixes

    ground = find_ground(choice, wanted.seconds)
    target = ground.target
    session = target.session if report.plan.is_local else find_home(target, HomeOptions()).session
    result, error = apply_fixes(
        report.plan,
        session,
        lambda: ensure_initialized(target, force=True),
        lambda step: screen.note(text.step_line(step)),
    )
    again = tuple(check for check, found in zip(checks, report.checks, strict=True) if found.verdict.fixes)
    fresh = {item.name: item for item in examine(screen, ground, again, wanted.seconds)}
    looked = tuple(fresh.get(item.name, item) for item in report.checks)
    return replace(report, checks=looked, result=result, error=error)
