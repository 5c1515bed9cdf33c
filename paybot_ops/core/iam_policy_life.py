"""What Terraform's provider needs for one kind of resource: to make it, read it, change it and remove it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from paybot_ops.core.iam_policy_resources import Grant, Resource


class Verb(StrEnum):
    """What Terraform does with the module's resources; each needs what those before it do as well."""

    READ = "read"
    REMOVE = "remove"
    CHANGE = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The actions of one kind of resource through its life; each with its service."""

    resource: Resource
    create: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    through: tuple[str, ...] = ()

    def grant(self, verb: Verb) -> Grant:
        """What Terraform needs to do this, and what comes before it."""
        removes = self.delete if verb is not Verb.READ else ()
        changes = self.create + self.update if verb is Verb.CHANGE else ()
        return Grant(self.resource, self.read + removes + changes, self.through)


def life(
    resource: Resource,
    service: str,
    *,
    create: str = "",
    read: str = "",
    update: str = "",
    delete: str = "",
    through: tuple[str, ...] = (),
) -> Life:
    """The same, with the actions of one service as words."""

    def named(actions: str) -> tuple[str, ...]:
        return tuple(f"{service}:{action}" for action in actions.split())

    return Life(
        resource=resource,
        create=named(create),
        read=named(read),
        update=named(update),
        delete=named(delete),
        through=through,
    )
