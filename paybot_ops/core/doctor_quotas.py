"""Verdicts on the account's own limits: Lambda's concurrency, and API Gateway's throttle and logging role."""

from __future__ import annotations

from paybot_ops.core.api_limits import ApiLimits
from paybot_ops.core.concurrency import Concurrency, kept_free, quota_needed, reservable
from paybot_ops.core.doctor import Verdict, failed, passed, warned, worst

# Service Quotas' own code of Lambda's concurrent executions.
_CONCURRENCY = "L-B99A9384"
# A region's usual quota (AWS Lambda Developer Guide: Lambda quotas), which is given for the asking.
_USUAL = 1000
# Fewer than this is a new account's quota, and two customers at once may see it.
_FEW = 50


def judge_concurrency(found: Concurrency, wanted: int | None, reserved: int | None, region: str) -> Verdict:
    """Whether the function gets the turns that the module reserves.

    `wanted` is `reserved_concurrency` (None where the module has none), `reserved` what the state says is reserved.
    """
    shown = f"{found.limit:,} functions at once, {found.unreserved:,} of them not reserved"
    held = max(reserved or 0, 0)
    others = max(0, found.limit - found.unreserved - held)
    desired = max(_USUAL, quota_needed(others + max(wanted or 0, 0)))
    cure = (
        f"aws service-quotas request-service-quota-increase --service-code lambda --quota-code {_CONCURRENCY} "
        f"--desired-value {desired} --region {region}"
    )
    if (
        wanted is not None
        and wanted > 0
        and held != wanted
        and wanted - held > reservable(found.limit, found.unreserved)
    ):
        what = f"Lambda would refuse reserved_concurrency = {wanted}: it keeps {kept_free(found.limit)} unreserved"
        return failed(what, f"{cure}; until then reserved_concurrency = -1", shown)
    if found.limit < _FEW:
        return warned(f"only {shown}: further turns are refused", cure)
    return passed(shown)


def judge_api(limits: ApiLimits, rate: float | None, burst: float | None, *, logs: bool, region: str) -> Verdict:
    """Whether the account lets the API take what the module lets it take, and write the logs that it is to write."""
    found = []
    cure = f"ask for more: aws service-quotas list-service-quotas --service-code apigateway --region {region}"
    if logs and limits.role is None:
        what = "access logs are on, and API Gateway has no role to write them: the deployment would be refused"
        found.append(failed(what, "manage_api_logging_role = true, or enable_api_access_logs = false"))
    if rate is not None and limits.rate is not None and limits.rate < rate:
        what = f"the account takes {limits.rate:g} requests a second, below api_throttle_rate = {rate:g}"
        found.append(failed(what, cure) if limits.rate <= 0 else warned(what, cure))
    if burst is not None and limits.burst is not None and limits.burst < burst:
        found.append(warned(f"the account takes {limits.burst} at once, below api_throttle_burst = {burst:g}", cure))
    if limits.rate is None:
        return worst(found, lambda: passed("API Gateway names no limit of the account's"))
    return worst(found, lambda: passed(f"{limits.rate:,.0f} requests a second, {limits.burst or 0:,} at once"))
