"""What the embedded AWS says of the account: the availability of models, quotas, and what Bedrock records."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client, code_of

MODEL = "amazon.nova-micro-v1:0"
CLAUDE = "anthropic.claude-haiku-4-5-20251001-v1:0"


def refusal(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return code_of(caught.value)[0]


def test_a_model_is_available_where_it_is_offered(sandbox: Sandbox) -> None:
    bedrock = client(sandbox, "bedrock")
    found = bedrock.get_foundation_model_availability(modelId=MODEL)
    assert (found["authorizationStatus"], found["entitlementAvailability"]) == ("AUTHORIZED", "AVAILABLE")
    assert (found["agreementAvailability"]["status"], found["regionAvailability"]) == ("AVAILABLE", "AVAILABLE")
    llama = "meta.llama3-2-1b-instruct-v1:0"
    elsewhere = client(sandbox, "bedrock", "ap-south-1").get_foundation_model_availability(modelId=llama)
    assert elsewhere["regionAvailability"] == "NOT_AVAILABLE"
    assert refusal(bedrock.get_foundation_model_availability, modelId="amazon.nova-nano-v1:0") == (
        "ResourceNotFoundException"
    )


def test_quotas_of_a_model_by_the_way_it_is_called(sandbox: Sandbox) -> None:
    listed = client(sandbox, "service-quotas").get_paginator("list_service_quotas")
    found = {
        quota["QuotaName"]: quota["Value"]
        for page in listed.paginate(ServiceCode="bedrock", PaginationConfig={"PageSize": 3})
        for quota in page["Quotas"]
    }
    assert found["On-demand model inference requests per minute for Amazon Nova Micro"] == 2000
    assert found["Cross-region model inference tokens per minute for Amazon Nova Micro"] == 4_000_000
    assert "On-demand model inference requests per minute for Anthropic Claude Haiku 4.5" not in found
    assert len(found) == len(set(found)) > 10


def test_quotas_of_other_services_and_bad_tokens_are_refused(sandbox: Sandbox) -> None:
    quotas = client(sandbox, "service-quotas")
    assert refusal(quotas.list_service_quotas, ServiceCode="ec2") == "NotImplemented"
    for token in ("x", "100000"):
        asked = {"ServiceCode": "bedrock", "NextToken": token}
        assert refusal(quotas.list_service_quotas, **asked) == "InvalidPaginationTokenException"
    assert refusal(quotas.list_service_quotas, ServiceCode="bedrock", MaxResults=101) == "IllegalArgumentException"


def test_what_bedrock_records_is_a_regions_own_setting(sandbox: Sandbox) -> None:
    bedrock, other = client(sandbox, "bedrock"), client(sandbox, "bedrock", "eu-west-1")
    assert "loggingConfig" not in bedrock.get_model_invocation_logging_configuration()
    config = {"s3Config": {"bucketName": "logs"}, "imageDataDeliveryEnabled": False}
    bedrock.put_model_invocation_logging_configuration(loggingConfig=config)
    found = bedrock.get_model_invocation_logging_configuration()["loggingConfig"]
    assert found["s3Config"] == {"bucketName": "logs"}
    assert (found["textDataDeliveryEnabled"], found["imageDataDeliveryEnabled"]) == (True, False)
    assert "loggingConfig" not in other.get_model_invocation_logging_configuration()
    for _ in range(2):
        bedrock.delete_model_invocation_logging_configuration()
    assert "loggingConfig" not in bedrock.get_model_invocation_logging_configuration()
