"""The kinds of resources that policies name, and the ARNs of each in one deployment.

Names follow the module's scheme, `<project>-<purpose>-<environment>`; where AWS chooses a name (a guardrail, a key, an
API) the ARN ends in `*`, so that a policy is the same before the first deploy and after the last destroy.

Source of the forms: Service Authorization Reference, "Resource types defined by" each service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from paybot_ops.core.backend import S3Place
from paybot_ops.core.models import foundation_model_id, is_profile
from paybot_ops.core.state_settings import partition


class Resource(StrEnum):
    """A kind of resource; the value is the statement's Sid."""

    ANY = "NoResourceLevel"
    ALARMS = "Alarms"
    API = "Apis"
    API_ACCOUNT = "ApiAccount"
    API_KEYS = "ApiKeys"
    API_LIST = "ApiList"
    API_STAGES = "ApiStages"
    API_TAGS = "ApiTags"
    CHAT = "Chat"
    DASHBOARDS = "Dashboards"
    FUNCTIONS = "Functions"
    GUARDRAILS = "Guardrails"
    INFERENCE_PROFILES = "InferenceProfiles"
    KEY = "Key"
    KEY_ALIAS = "KeyAlias"
    KEYS = "Keys"
    KEYS_OF_PROJECT = "KeysOfProject"
    LOCK_FILES = "LockFiles"
    LOCK_TABLE = "LockTable"
    LOG_GROUPS = "LogGroups"
    MODELS = "Models"
    PASSED_ROLES = "PassedRoles"
    ROLES = "Roles"
    SECRETS = "Secrets"
    STATE_BUCKET = "StateBucket"
    STATE_KEY = "StateKey"
    STATES = "States"
    TABLES = "Tables"
    TOPICS = "Topics"
    WEB_ACLS = "WebAcls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One deployment; `state` is the place of its state in S3, None where that is local."""

    account: str
    region: str
    project: str
    environment: str
    model_id: str = ""
    state: S3Place | None = None

    @property
    def service(self) -> str:
        """What the deployment calls itself, its key's alias too (terraform/locals.tf)."""
        return "-".join(filter(None, (self.project, self.environment)))


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions that are needed on a kind of resource; `through` names the services that ask for them in one's name."""

    resource: Resource
    actions: tuple[str, ...]
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an action is allowed; no ARN where the deployment has no such resource."""

    arns: tuple[str, ...]
    condition: Mapping[str, Mapping[str, Any]]


_TEMPLATES: Mapping[Resource, tuple[str, ...]] = {
    Resource.ANY: ("*",),
    Resource.ALARMS: ("arn:{p}:cloudwatch:{r}:{a}:alarm:{named}",),
    Resource.API: tuple(
        f"arn:{{p}}:apigateway:{{r}}::/{path}"
        for path in ("account", "apikeys", "apikeys/*", "restapis", "restapis/*", "usageplans", "usageplans/*")
    ),
    Resource.API_ACCOUNT: ("arn:{p}:apigateway:{r}::/account",),
    Resource.API_KEYS: ("arn:{p}:apigateway:{r}::/apikeys/*",),
    Resource.API_LIST: ("arn:{p}:apigateway:{r}::/restapis",),
    Resource.API_STAGES: ("arn:{p}:apigateway:{r}::/restapis/*/stages/*",),
    Resource.API_TAGS: ("arn:{p}:apigateway:{r}::/tags/*",),
    Resource.CHAT: ("arn:{p}:execute-api:{r}:{a}:*/{environment}/POST/chat",),
    Resource.DASHBOARDS: ("arn:{p}:cloudwatch::{a}:dashboard/{named}",),
    # The second with a version or an alias.
    Resource.FUNCTIONS: ("arn:{p}:lambda:{r}:{a}:function:{named}", "arn:{p}:lambda:{r}:{a}:function:{named}:*"),
    Resource.GUARDRAILS: ("arn:{p}:bedrock:{r}:{a}:guardrail/*",),
    Resource.INFERENCE_PROFILES: ("arn:{p}:bedrock:{r}:{a}:inference-profile/{profile}",),
    Resource.KEY: ("arn:{p}:kms:{r}:{a}:key/*",),
    Resource.KEY_ALIAS: ("arn:{p}:kms:{r}:{a}:alias/{service}",),
    Resource.KEYS: ("arn:{p}:kms:{r}:{a}:key/*",),
    Resource.KEYS_OF_PROJECT: ("arn:{p}:kms:{r}:{a}:key/*",),
    Resource.LOG_GROUPS: (
        "arn:{p}:logs:{r}:{a}:log-group:/aws/apigateway/{named}*",
        "arn:{p}:logs:{r}:{a}:log-group:/aws/lambda/{named}*",
        # API Gateway's own naming: the API's id, then the stage.
        "arn:{p}:logs:{r}:{a}:log-group:API-Gateway-Execution-Logs_*/{environment}*",
        "arn:{p}:logs:{r}:{a}:log-group:aws-waf-logs-{service}*",
    ),
    Resource.MODELS: ("arn:{p}:bedrock:{r}::foundation-model/{model}",),
    Resource.PASSED_ROLES: ("arn:{p}:iam::{a}:role/{named}",),
    Resource.ROLES: ("arn:{p}:iam::{a}:role/{named}",),
    Resource.SECRETS: ("arn:{p}:secretsmanager:{r}:{a}:secret:{project}-stripe-key-{environment}-*",),
    Resource.TABLES: ("arn:{p}:dynamodb:{r}:{a}:table/{named}",),
    Resource.TOPICS: ("arn:{p}:sns:{r}:{a}:{named}",),
    # The second is what AWS's own groups of rules are to a web ACL that refers to them.
    Resource.WEB_ACLS: (
        "arn:{p}:wafv2:{r}:{a}:regional/webacl/{named}/*",
        "arn:{p}:wafv2:{r}:{a}:regional/managedruleset/*/*",
    ),
}
_TEMPLATES_OF_STATE: Mapping[Resource, tuple[str, ...]] = {
    Resource.LOCK_FILES: ("arn:{p}:s3:::{bucket}/{key}.tflock", "arn:{p}:s3:::{bucket}/{prefix}/*/{key}.tflock"),
    Resource.LOCK_TABLE: ("arn:{p}:dynamodb:{r}:{a}:table/{table}",),
    Resource.STATE_BUCKET: ("arn:{p}:s3:::{bucket}",),
    Resource.STATE_KEY: ("arn:{p}:kms:{r}:{a}:key/{kms}",),
    Resource.STATES: ("arn:{p}:s3:::{bucket}/{key}", "arn:{p}:s3:::{bucket}/{prefix}/*/{key}"),
}


def reach(resource: Resource, scope: Scope, through: tuple[str, ...] = ()) -> Reach:
    """The ARNs of a kind of resource, and the condition that narrows them; `through` names services that ask for it."""
    equal = _tags(scope) if resource is Resource.KEYS_OF_PROJECT else {}
    if through:
        region = scope.state.region if resource is Resource.STATE_KEY and scope.state is not None else scope.region
        equal["kms:ViaService"] = [f"{name}.{region}.amazonaws.com" for service in through for name in _names(service)]
    if resource is Resource.PASSED_ROLES:
        equal["iam:PassedToService"] = ["apigateway.amazonaws.com", "lambda.amazonaws.com"]
    condition: dict[str, Mapping[str, Any]] = {}
    alias = _alias(resource, scope)
    if alias:
        condition["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": _literal(alias)}
    if equal:
        condition["StringEquals"] = {key: one_or_all(values) for key, values in sorted(equal.items())}
    return Reach(_arns(resource, scope), condition)


def one_or_all(values: Sequence[str]) -> str | list[str]:
    """A value of a policy: a text alone needs no list."""
    return values[0] if len(values) == 1 else list(values)


def _names(service: str) -> tuple[str, ...]:
    # What is asked of Bedrock's runtime may bear that name.
    return (service, f"{service}-runtime") if service == "bedrock" else (service,)


def _tags(scope: Scope) -> dict[str, list[str]]:
    tags = {"Project": scope.project, "Environment": scope.environment}
    return {f"aws:ResourceTag/{name}": [_literal(value)] for name, value in tags.items() if value}


def _alias(resource: Resource, scope: Scope) -> str:
    """The alias that a key is known by, where its id is AWS's choice; "" for what is no such key."""
    if resource is Resource.KEY:
        return f"alias/{scope.service}"
    named = scope.state.kms_key_id if resource is Resource.STATE_KEY and scope.state is not None else ""
    return named[named.find("alias/") :] if "alias/" in named else ""


def _arns(resource: Resource, scope: Scope) -> tuple[str, ...]:
    state = scope.state
    if not _has(resource, scope):
        return ()
    values = {
        "p": partition(scope.region),
        "r": scope.region,
        "a": scope.account,
        "project": scope.project,
        "environment": scope.environment,
        "service": scope.service,
        "model": foundation_model_id(scope.model_id),
        "profile": scope.model_id,
    }
    if state is not None and resource in _TEMPLATES_OF_STATE:
        values |= {"bucket": state.bucket, "key": state.key, "table": state.lock_table, "r": state.region}
        values["prefix"] = state.workspace_prefix
    values = {name: _literal(value) for name, value in values.items()}
    if state is not None:
        values["kms"] = "*" if _alias(resource, scope) else _literal(state.kms_key_id.rpartition("/")[2])
    values["named"] = "-".join(filter(None, (values["project"], "*", values["environment"])))
    templates = _TEMPLATES_OF_STATE.get(resource) or _TEMPLATES[resource]
    return tuple(template.format(**values) for template in templates)


def _has(resource: Resource, scope: Scope) -> bool:
    state = scope.state
    if state is None and resource in _TEMPLATES_OF_STATE:
        return False
    needs = {
        Resource.INFERENCE_PROFILES: is_profile(scope.model_id),
        Resource.LOCK_FILES: state is not None and state.use_lockfile,
        Resource.LOCK_TABLE: state is not None and bool(state.lock_table),
        Resource.MODELS: bool(scope.model_id),
        Resource.STATE_KEY: state is not None and bool(state.kms_key_id),
    }
    return needs.get(resource, True)


def _literal(text: str) -> str:
    """A name as it is: `*` and `?` are patterns, and `$` begins a variable (IAM user guide: Policy variables)."""
    return "".join(f"${{{character}}}" if character in "*?$" else character for character in text)
