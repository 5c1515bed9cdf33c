"""What a deployment that is not production does without, each with its reason; production does without none of it."""

from __future__ import annotations

RELAXED = {
    "CKV_AWS_76": "access logs need the account's API Gateway logging role, which a first try should not wait for",
    "CKV2_AWS_4": "so does any level of execution logging",
    "CKV_AWS_338": "the logs of test conversations are kept for 30 days, not for a year",
    "CKV2_AWS_29": "a web ACL costs more than the rest of a test deployment together",
}
