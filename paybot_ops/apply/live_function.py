"""Changes of what customers reach: the live version, how many turns may run, and the variables that say so."""

from __future__ import annotations

from typing import TypeAlias, assert_never

from paybot_ops.adapters import lambda_
from paybot_ops.adapters.session import Session
from paybot_ops.apply import value_files
from paybot_ops.core.pause import ReserveConcurrency
from paybot_ops.core.rollback import MoveAlias
from paybot_ops.core.value_edits import EditPlan, SetValue

LiveChange: TypeAlias = MoveAlias | ReserveConcurrency | SetValue


def change(session: Session, action: LiveChange, edits: EditPlan) -> None:
    """Carry out one action; `edits` holds the text of the file that a variable is set in.

    Raises:
        PaybotError: AWS refuses it, somebody else was quicker, or the file cannot be written.
    """
    match action:
        case MoveAlias():
            lambda_.update_alias(
                session, action.function, action.target, version=action.after, revision=action.revision
            )
        case ReserveConcurrency():
            if action.after is None:
                lambda_.delete_concurrency(session, action.target)
            else:
                lambda_.put_concurrency(session, action.target, action.after)
        case SetValue():
            value_files.write(edits.file_of(action))
        case _:
            assert_never(action)
