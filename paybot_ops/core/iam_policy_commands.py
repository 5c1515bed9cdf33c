"""What each command needs in AWS by itself, and what it lets Terraform's provider do beside that.

A command whose calls depend on its options needs what the widest of them does. A test runs the commands and compares
their calls with this table, in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping

from paybot_ops.core import iam_policy_areas as areas
from paybot_ops.core.iam_policy_areas import allow
from paybot_ops.core.iam_policy_life import Verb
from paybot_ops.core.iam_policy_resources import Grant, Resource

OWN: Mapping[str, tuple[Grant, ...]] = {
    "alarms history": (*areas.LIST_ALARMS, allow(Resource.ANY, "cloudwatch:DescribeAlarmHistory")),
    "alarms set-threshold": areas.DEPLOY,
    "alarms status": (*areas.LIST_ALARMS, *areas.WHO_HEARS, *areas.READ_METRICS),
    "alarms test": areas.TEST_ALARM,
    "bootstrap-state": (*areas.AUDIT_HOME, *areas.MAKE_HOME),
    "chat": (*areas.READ_STATE, *areas.TALK, *areas.READ_KEY, *areas.READ_LOGS),
    "cost": (
        *areas.LIST_ALARMS,
        allow(
            Resource.ANY,
            "cloudwatch:GetMetricData",
            "cloudwatch:ListDashboards",
            "cloudwatch:ListMetrics",
            "dynamodb:ListTables",
            "kms:ListAliases",
            "lambda:ListFunctions",
            "logs:DescribeLogGroups",
            "secretsmanager:ListSecrets",
        ),
        allow(Resource.API_LIST, "apigateway:GET"),
        allow(Resource.TABLES, "dynamodb:DescribeTable"),
        allow(Resource.LOCK_TABLE, "dynamodb:DescribeTable"),
    ),
    "deploy": areas.DEPLOY,
    "destroy": areas.APPLY,
    "doctor": (
        *areas.READ_STATE,
        *areas.AUDIT_HOME,
        *areas.FIND_TOPIC,
        *areas.READ_METRICS,
        *areas.READ_KEY,
        *areas.LOOK_AT_GUARDRAIL,
        allow(Resource.LOCK_FILES, "s3:GetObject"),
        allow(Resource.API_ACCOUNT, "apigateway:GET"),
        allow(Resource.MODELS, "bedrock:GetFoundationModel"),
        allow(Resource.INFERENCE_PROFILES, "bedrock:GetInferenceProfile"),
        allow(
            Resource.ANY,
            "bedrock:GetFoundationModelAvailability",
            "bedrock:GetModelInvocationLoggingConfiguration",
            "lambda:GetAccountSettings",
            "servicequotas:ListServiceQuotas",
        ),
    ),
    "guardrails disable": areas.DEPLOY,
    "guardrails enable": areas.DEPLOY,
    "guardrails status": (*areas.READ_STATE, *areas.LOOK_AT_GUARDRAIL),
    "guardrails test": (*areas.READ_STATE, *areas.PROBE_GUARDRAIL),
    "logs": (*areas.READ_STATE, *areas.READ_LOGS),
    "metrics tokens": areas.READ_METRICS,
    "migrate-state": (
        *areas.READ_STATE,
        *areas.AUDIT_HOME,
        allow(Resource.LOCK_FILES, "s3:GetObject"),
        # Deleted is only what a move that failed has brought there itself.
        allow(Resource.STATES, "s3:DeleteObject", "s3:PutObject"),
        allow(Resource.LOCK_TABLE, "dynamodb:DeleteItem", "dynamodb:PutItem"),
        allow(Resource.STATE_KEY, "kms:GenerateDataKey", through=("s3", "dynamodb")),
    ),
    "notifications list": areas.FIND_TOPIC,
    "notifications subscribe": (
        *areas.FIND_TOPIC,
        allow(Resource.TOPICS, "sns:CreateTopic", "sns:Subscribe", "sns:TagResource"),
        allow(Resource.ALARMS, "cloudwatch:PutMetricAlarm"),
        allow(Resource.ANY, "cloudwatch:PutCompositeAlarm"),
    ),
    "notifications test": (
        *areas.FIND_TOPIC,
        allow(Resource.TOPICS, "sns:Publish"),
        allow(Resource.KEY, "kms:Decrypt", "kms:GenerateDataKey", through=("sns",)),
    ),
    "notifications unsubscribe": (*areas.LIST_ALARMS, *areas.WHO_HEARS, allow(Resource.ANY, "sns:Unsubscribe")),
    "outputs": areas.READ_STATE,
    "package": (*areas.READ_STATE, *areas.READ_FUNCTION),
    "pause": (
        *areas.READ_STATE,
        allow(Resource.FUNCTIONS, "lambda:GetFunctionConcurrency", "lambda:PutFunctionConcurrency"),
    ),
    "resume": (
        *areas.READ_STATE,
        *areas.TALK,
        allow(
            Resource.FUNCTIONS,
            "lambda:DeleteFunctionConcurrency",
            "lambda:GetFunctionConcurrency",
            "lambda:PutFunctionConcurrency",
        ),
    ),
    "rollback": (*areas.READ_STATE, *areas.ROLL_BACK),
    "secrets set-stripe-key": (
        *areas.READ_STATE,
        *areas.READ_KEY,
        allow(Resource.SECRETS, "secretsmanager:PutSecretValue"),
        allow(Resource.KEY, "kms:GenerateDataKey", through=("secretsmanager",)),
    ),
    "secrets status": (*areas.READ_STATE, *areas.READ_KEY),
    "state restore": (*areas.WRITE_STATE, *areas.STATE_HISTORY),
    "state status": (*areas.READ_STATE, allow(Resource.LOCK_FILES, "s3:GetObject")),
    "state unlock": (*areas.READ_STATE, *areas.RELEASE_LOCKS),
    "state verify": (*areas.READ_STATE, *areas.LOCK_STATE),
    "state versions": areas.STATE_HISTORY,
    # --drift plans, and a plan takes the state's lock.
    "status": (
        *areas.APPLY,
        *areas.LIST_ALARMS,
        *areas.WHO_HEARS,
        allow(Resource.ANY, "cloudwatch:GetMetricData"),
        *areas.READ_FUNCTION,
        *areas.LOOK_AT_GUARDRAIL,
        *areas.READ_KEY,
        allow(Resource.FUNCTIONS, "lambda:GetFunctionConcurrency"),
    ),
    "verify": (
        *areas.READ_STATE,
        *areas.LOCK_STATE,
        *areas.TEST_ALARM,
        *areas.PROBE_GUARDRAIL,
        *areas.READ_KEY,
        *areas.READ_LOGS,
        allow(Resource.TABLES, "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Scan"),
        allow(Resource.KEY, "kms:Decrypt", through=("dynamodb",)),
    ),
    "versions": (*areas.READ_STATE, *areas.LIST_VERSIONS),
}
"""By the command as it is typed. `sts:GetCallerIdentity` is in none: no policy is needed for it."""

PROVIDER: Mapping[str, Verb] = {
    "alarms set-threshold": Verb.CHANGE,
    "deploy": Verb.CHANGE,
    "destroy": Verb.REMOVE,
    "guardrails disable": Verb.CHANGE,
    "guardrails enable": Verb.CHANGE,
    "migrate-state": Verb.READ,
    "status": Verb.READ,
}
"""Those that run Terraform's provider, and what it does in them with the resources of the module."""

NOTHING = frozenset({"demo", "iam-policy", "init", "sandbox start", "sandbox status", "sandbox stop"})
"""Those that call nothing in an account that a policy could be about."""
