"""What Bedrock says of who may call a model and through what, and of what it records of the calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """GetFoundationModelAvailability's answer, in its own words."""

    authorization: str
    entitlement: str
    region: str
    agreement: str


@dataclass(frozen=True, slots=True)
class Profile:
    """An inference profile: its status, and the models that it routes to, by their ARNs."""

    profile_id: str
    status: str
    models: tuple[str, ...]

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that it routes to."""
        return tuple(dict.fromkeys(arn.split(":")[3] for arn in self.models if arn.count(":") > 3))


@dataclass(frozen=True, slots=True)
class InvocationLogging:
    """What Bedrock records of every call of the region: whether texts are, and where they go."""

    text: bool
    log_group: str = ""
    bucket: str = ""

    @property
    def place(self) -> str:
        """Where the records go."""
        group = f"the log group {self.log_group}" if self.log_group else ""
        bucket = f"the bucket {self.bucket}" if self.bucket else ""
        return " and ".join(filter(None, (group, bucket))) or "nowhere"
