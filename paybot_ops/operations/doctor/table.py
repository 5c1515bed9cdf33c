"""The checks in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from paybot_ops.core.doctor import Verdict
from paybot_ops.operations.doctor import deployment, machine, model, workspace
from paybot_ops.operations.doctor.ground import Ground


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its name, what it asks, and how it is answered; one of the machine needs no workspace."""

    name: str
    asks: str
    run: Callable[[Ground], Verdict]
    of_machine: bool = False


CHECKS = (
    Check("terraform", "is Terraform 1.11 or newer here; is OpenTofu", machine.terraform, of_machine=True),
    Check("credentials", "whose they are, and how long they last", machine.credentials, of_machine=True),
    Check("region", "is there such a region, and Bedrock in it", machine.region, of_machine=True),
    Check("clock", "is this machine's clock near AWS's", machine.clock, of_machine=True),
    Check("variables", "would Terraform take the variables as they stand", workspace.variables),
    Check("files", "can others here read a state or a secret", workspace.files),
    Check("file-secrets", "is there a secret in the module's files", workspace.file_secrets),
    Check("initialized", "was terraform init run for this module", workspace.initialized),
    Check("state", "where the state is, and whose", deployment.state),
    Check("state-home", "are the state's bucket and lock safe", deployment.home),
    Check("state-secrets", "is there a secret in the state", workspace.state_secrets),
    Check("model", "is the model in use, and what comes after it", model.life),
    Check("model-access", "may the model be called", model.access),
    Check("inference-profile", "is the inference profile active", model.profile),
    Check("model-quota", "how often may the model be called", model.quotas),
    Check("invocation-logging", "does Bedrock record what customers type", model.logging),
    Check("guardrail", "do wish, state, Bedrock and function agree", deployment.guardrail),
    Check("stripe-key", "is there a key, and of which mode", deployment.stripe_key),
    Check("alarms", "can each alarm fire, and does it tell somebody", deployment.alarms),
    Check("alarm-delivery", "do alarms reach people", deployment.delivery),
    Check("lambda-concurrency", "how many turns may run at once", deployment.concurrency),
    Check("api-limits", "what the account lets the API take", deployment.api),
)
