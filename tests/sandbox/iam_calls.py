"""What IAM would ask for a call that the embedded AWS got.

Source of the ARNs: Service Authorization Reference, "Resource types defined by" each service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paybot_ops.core.iam_policy_actions import iam_action
from paybot_ops.sandbox import control_client
from paybot_ops.sandbox.call_log import Call
from paybot_ops.sandbox.part import ACCOUNT_ID

Context = tuple[tuple[str, tuple[str, ...]], ...]
"""Condition keys and their values."""

_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# What a call needs beside its own action, because of what paybot and the provider send with it.
_ALSO = {
    # Without it S3 answers 403 and not 404 for an object that is not there.
    "s3:GetObject": ("s3:ListBucket",),
    "bedrock:CreateGuardrail": ("bedrock:TagResource",),
    "dynamodb:CreateTable": ("dynamodb:TagResource",),
    "iam:CreateRole": ("iam:TagRole",),
    "kms:CreateKey": ("kms:TagResource",),
    "lambda:CreateFunction": ("iam:PassRole", "lambda:TagResource"),
    "lambda:UpdateFunctionConfiguration": ("iam:PassRole",),
    "logs:CreateLogGroup": ("logs:AssociateKmsKey", "logs:TagResource"),
    "secretsmanager:CreateSecret": ("secretsmanager:TagResource",),
    "sns:CreateTopic": ("sns:TagResource",),
}

# The names of calls that need no policy: no action of that name exists, or none can deny it.
FREE = frozenset({"sts:GetCallerIdentity"})


@dataclass(frozen=True)
class Need:
    """One thing that a call needs: an action on a resource, `*` where the call names none, and what IAM knows of it."""

    action: str
    resource: str
    context: Context = ()

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


class Needs:
    """Translates calls; `kms` is a client of the embedded AWS that knows the keys."""

    def __init__(self, kms: Any = None) -> None:
        self._kms = kms

    def of(self, calls: Iterable[Call]) -> list[Need]:
        """What the calls need, once each, in the order in which it was first needed."""
        return list(dict.fromkeys(need for call in calls for need in self._of(call)))

    def _of(self, call: Call) -> Iterator[Need]:
        names: dict[str, str] = dict(call.names)
        operation = call.operation
        if call.service == "s3" and operation in ("GetObject", "HeadObject") and "VersionId" in names:
            operation = "GetObjectVersion"
        action = "execute-api:Invoke" if call.service == "execute-api" else iam_action(call.service, operation)
        if action in FREE:
            return
        prefix = action.partition(":")[0]
        for resource in _resources(prefix, operation, names, call.region):
            yield Need(action, resource, self._context(prefix, resource, names, call.region))
            if ":inference-profile/" in resource and action == "bedrock:InvokeModel":
                # The profile routes to the model, here or in another region, and Bedrock asks for that as well.
                model = resource.rpartition("/")[2].partition(".")[2]
                context = {
                    **dict(self._context(prefix, resource, names, call.region)),
                    "bedrock:InferenceProfileArn": (resource,),
                }
                arn = f"arn:aws:bedrock:{call.region}::foundation-model/{model}"
                yield Need(action, arn, tuple(sorted(context.items())))
        if action == "bedrock:InvokeModel" and "guardrailIdentifier" in names:
            # Amazon Bedrock User Guide, "Set up permissions to use Amazon Bedrock Guardrails".
            yield Need("bedrock:ApplyGuardrail", _guardrail(names, call.region))
        for more in _ALSO.get(action, ()):
            yield from self._also(more, names, call.region)

    def _also(self, action: str, names: Mapping[str, str], region: str) -> Iterator[Need]:
        if action == "iam:PassRole":
            if "Role" in names:
                yield Need(action, names["Role"], (("iam:PassedToService", ("lambda.amazonaws.com",)),))
        elif action == "s3:ListBucket":
            yield Need(action, f"arn:aws:s3:::{names['Bucket']}")
        else:
            prefix = action.partition(":")[0]
            for resource in _resources(prefix, "", names, region):
                made = resource if resource != "*" else f"arn:aws:{prefix}:{region}:{ACCOUNT_ID}:{_NEW[prefix]}/new"
                yield Need(action, made, self._context(prefix, made, names, region))

    def _context(self, prefix: str, resource: str, names: Mapping[str, str], region: str) -> Context:
        context: dict[str, tuple[str, ...]] = {}
        if prefix == "kms":
            context |= self._of_key(resource.rpartition("/")[2])
            given = {name.partition(":")[2]: text for name, text in names.items() if name.startswith("EncryptionC")}
            context["kms:EncryptionContextKeys"] = tuple(sorted(given))
            context |= {f"kms:EncryptionContext:{name}": (text,) for name, text in given.items()}
        if "guardrailIdentifier" in names and "modelId" in names:
            arn = _guardrail(names, region)
            context["bedrock:GuardrailIdentifier"] = (f"{arn}:{names.get('guardrailVersion', '')}",)
        return tuple(sorted(context.items()))

    def _of_key(self, key: str) -> dict[str, tuple[str, ...]]:
        """What IAM knows of a key as it is now: its aliases and its tags."""
        if self._kms is None or key == "new":
            return {}
        aliases = self._kms.list_aliases()["Aliases"]
        tags = self._kms.list_resource_tags(KeyId=key)["Tags"] if _KEY_ID.fullmatch(key) else []
        found = tuple(item["AliasName"] for item in aliases if item.get("TargetKeyId") == key)
        return {"kms:ResourceAliases": found} | {f"aws:ResourceTag/{tag['TagKey']}": (tag["TagValue"],) for tag in tags}


# What a thing is called that does not have a name yet.
_NEW = {"kms": "key", "bedrock": "guardrail"}


def _arn(service: str, region: str, rest: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{rest}"


def _guardrail(names: Mapping[str, str], region: str) -> str:
    found = names["guardrailIdentifier"]
    return found if found.startswith("arn:") else _arn("bedrock", region, f"guardrail/{found}")


def _resources(prefix: str, operation: str, names: Mapping[str, str], region: str) -> list[str]:
    """The ARNs of what a call names; `*` where it names nothing that IAM would look at."""
    found = _RESOURCES[prefix](names, region, operation)
    return found or ["*"]


def _s3(names: Mapping[str, str], _region: str, _operation: str) -> list[str]:
    if "Bucket" not in names:
        return []
    return [f"arn:aws:s3:::{names['Bucket']}" + (f"/{names['Key']}" if "Key" in names else "")]


def _kms(names: Mapping[str, str], region: str, _operation: str) -> list[str]:
    keys = [names[name] for name in ("KeyId", "TargetKeyId") if name in names]
    arns = [key if key.startswith("arn:") else _arn("kms", region, f"key/{key.rpartition('/')[2]}") for key in keys]
    return arns + [_arn("kms", region, names[name]) for name in ("AliasName",) if name in names]


def _named(service: str, kind: str, *parameters: str) -> Callable[[Mapping[str, str], str, str], list[str]]:
    """For services whose ARNs end in a kind and a name."""

    def found(names: Mapping[str, str], region: str, _operation: str) -> list[str]:
        texts = [names[name] for name in parameters if name in names]
        return [text if text.startswith("arn:") else _arn(service, region, f"{kind}{text}") for text in texts[:1]]

    return found


def _cloudwatch(names: Mapping[str, str], region: str, operation: str) -> list[str]:
    if operation == "PutCompositeAlarm":  # its page in the API reference: "scoped to *"
        return []
    if any(name.startswith("Dashboard") for name in names):
        name = names.get("DashboardName") or names["DashboardNames"]
        return [f"arn:aws:cloudwatch::{ACCOUNT_ID}:dashboard/{name}"]
    return _named("cloudwatch", "alarm:", "ResourceARN", "AlarmName", "AlarmNames")(names, region, operation)


def _iam(names: Mapping[str, str], _region: str, _operation: str) -> list[str]:
    return [f"arn:aws:iam::{ACCOUNT_ID}:role/{names['RoleName']}"] if "RoleName" in names else []


def _logs(names: Mapping[str, str], region: str, operation: str) -> list[str]:
    if operation == "DescribeLogGroups":
        return []
    return _named("logs", "log-group:", "resourceArn", "logGroupIdentifier", "logGroupName")(names, region, operation)


def _lambda(names: Mapping[str, str], region: str, operation: str) -> list[str]:
    found = _named("lambda", "function:", "Resource", "FunctionName")(names, region, operation)
    return [f"{arn}:{names['Qualifier']}" if "Qualifier" in names else arn for arn in found]


def _bedrock(names: Mapping[str, str], region: str, operation: str) -> list[str]:
    if operation == "GetFoundationModelAvailability":  # IAM knows no resource of it
        return []
    if "inferenceProfileIdentifier" in names:
        return [_arn("bedrock", region, f"inference-profile/{names['inferenceProfileIdentifier']}")]
    if "modelIdentifier" in names:
        return [f"arn:aws:bedrock:{region}::foundation-model/{names['modelIdentifier']}"]
    if "modelId" in names:
        return [_arn("bedrock", region, f"inference-profile/{names['modelId']}")]
    found = _named("bedrock", "guardrail/", "guardrailIdentifier", "resourceARN")(names, region, operation)
    return found or ([_arn("bedrock", region, "guardrail/new")] if operation == "CreateGuardrail" else [])


def _apigateway(names: Mapping[str, str], region: str, _operation: str) -> list[str]:
    return [f"arn:aws:apigateway:{region}::{names['Path']}"]


def _execute_api(names: Mapping[str, str], region: str, _operation: str) -> list[str]:
    api, stage, *rest = names["Path"].removeprefix("/_aws/execute-api/").split("/")
    return [_arn("execute-api", region, f"{api}/{stage}/{names['Method']}/{'/'.join(rest)}")]


def _sns(names: Mapping[str, str], region: str, operation: str) -> list[str]:
    # Of a subscription IAM knows no resource.
    return _named("sns", "", "TopicArn", "ResourceArn", "TargetArn", "Name")(names, region, operation)


def _secrets(names: Mapping[str, str], region: str, operation: str) -> list[str]:
    arns = _named("secretsmanager", "secret:", "SecretId", "Name")(names, region, operation)
    return [arn if "SecretId" in names else f"{arn}-AbCdEf" for arn in arns]


def _wafv2(names: Mapping[str, str], region: str, _operation: str) -> list[str]:
    found = [names[name] for name in ("ResourceARN", "ResourceArn", "WebACLArn") if name in names]
    return found or [_arn("wafv2", region, f"regional/webacl/{names['Name']}/id") for _ in range("Name" in names)]


_RESOURCES: Mapping[str, Callable[[Mapping[str, str], str, str], list[str]]] = {
    "apigateway": _apigateway,
    "bedrock": _bedrock,
    "cloudwatch": _cloudwatch,
    "dynamodb": _named("dynamodb", "table/", "TableName", "ResourceArn"),
    "execute-api": _execute_api,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "secretsmanager": _secrets,
    "servicequotas": lambda _names, _region, _operation: [],
    "sns": _sns,
    "wafv2": _wafv2,
}


def begin_recording(endpoint: str) -> None:
    """Have an embedded AWS keep its calls from now on."""
    assert control_client.call(endpoint, "POST", "/_paybot/calls").get("recording")


def recorded_calls(endpoint: str) -> list[Call]:
    """The calls that it has kept; it may have forgotten none."""
    answer = control_client.call(endpoint, "GET", "/_paybot/calls")
    assert answer["forgotten"] == 0
    listed = [call | {"names": tuple((name, text) for name, text in call["names"])} for call in answer["calls"]]
    return [Call(**call) for call in listed]
