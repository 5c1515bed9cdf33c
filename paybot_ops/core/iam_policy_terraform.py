"""What Terraform's AWS provider needs for each type of resource that the module holds.

Sources: the provider's resources of these types (release 5.100), and the Service Authorization Reference. Calls that a
service makes on one's behalf (a table, a function or a secret that is encrypted with the module's key) are named by
that service's own documentation, under encryption with a customer managed key.
"""

from __future__ import annotations

from collections.abc import Mapping

from paybot_ops.core.iam_policy_life import Life, Verb
from paybot_ops.core.iam_policy_resources import Grant
from paybot_ops.core.iam_policy_types_keeping import KEEPING
from paybot_ops.core.iam_policy_types_serving import SERVING

TYPES: Mapping[str, tuple[Life, ...]] = {**KEEPING, **SERVING}
"""By the provider's type of resource; a test holds it against the module's."""


def terraform_grants(verb: Verb) -> list[Grant]:
    """What the provider needs to do this with all that the module holds."""
    return [life.grant(verb) for lives in TYPES.values() for life in lives]
