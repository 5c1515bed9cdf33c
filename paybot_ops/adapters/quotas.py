"""Service Quotas: the quotas that are in force for a service in a region."""

from __future__ import annotations

from collections.abc import Iterator

from paybot_ops.adapters.session import Session, aws_errors
from paybot_ops.core.model_quotas import Quota


def list_quotas(session: Session, service: str) -> Iterator[Quota]:
    """Every quota of a service that is in force, page by page: who has seen enough asks no further.

    Raises:
        AccessDeniedError: the caller may not list them (servicequotas:ListServiceQuotas).
    """
    client = session.client("service-quotas")
    request = {"ServiceCode": service, "MaxResults": 100}
    while True:
        with aws_errors("servicequotas", f"the quotas of {service}"):
            page = client.list_service_quotas(**request)
        for item in page.get("Quotas", ()):
            yield Quota(item["QuotaCode"], item["QuotaName"], float(item["Value"]))
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]
