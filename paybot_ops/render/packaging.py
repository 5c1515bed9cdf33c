"""What `package` answers."""

from __future__ import annotations

from paybot_ops.adapters.packaging import BundleReport
from paybot_ops.core.reports import CodeDifference


def report_text(report: BundleReport) -> str:
    """The bundle in two lines."""
    what = "built" if report.built else "unchanged"
    how = f" with {report.installer}" if report.installer else ""
    compiled = "with byte code" if report.precompiled else "without byte code"
    size = report.bytes / 1024 / 1024
    built = f"{what}{how} in {report.seconds:.1f} s: {report.path} ({size:.2f} MiB, {compiled})"
    return f"{built}\nsources {report.source_hash}"


def difference_text(difference: CodeDifference) -> str:
    """Whether the deployed code is that of the sources."""
    word = "differs from" if difference.differs else "is"
    lines = [f"version {difference.version} of {difference.function} {word} the code here"]
    if difference.description:
        lines.append(f"deployed: {difference.description}")
    return "\n".join(lines)
