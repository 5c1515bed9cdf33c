"""What keeps and watches: tables, secrets, keys, logs, guardrails, alarms, topics and dashboards.

Source: see `iam_policy_terraform`.
"""

from __future__ import annotations

from collections.abc import Mapping

from paybot_ops.core.iam_policy_life import Life, life
from paybot_ops.core.iam_policy_resources import Resource

KEEPING: Mapping[str, tuple[Life, ...]] = {
    "aws_bedrock_guardrail_version": (
        life(Resource.GUARDRAILS, "bedrock", create="CreateGuardrailVersion", read="GetGuardrail"),
    ),
    "aws_cloudwatch_dashboard": (
        life(Resource.DASHBOARDS, "cloudwatch", create="PutDashboard", read="GetDashboard", delete="DeleteDashboards"),
    ),
    "aws_cloudwatch_log_group": (
        life(
            Resource.LOG_GROUPS,
            "logs",
            create="CreateLogGroup PutRetentionPolicy AssociateKmsKey TagResource",
            read="ListTagsForResource",
            update="DeleteRetentionPolicy DisassociateKmsKey UntagResource",
            delete="DeleteLogGroup",
        ),
        life(Resource.ANY, "logs", read="DescribeLogGroups"),
    ),
    "aws_cloudwatch_log_resource_policy": (
        life(
            Resource.ANY,
            "logs",
            create="PutResourcePolicy",
            read="DescribeResourcePolicies",
            delete="DeleteResourcePolicy",
        ),
    ),
    "aws_cloudwatch_metric_alarm": (
        life(
            Resource.ALARMS,
            "cloudwatch",
            create="PutMetricAlarm TagResource",
            read="DescribeAlarms ListTagsForResource",
            update="UntagResource",
            delete="DeleteAlarms",
        ),
    ),
    "aws_dynamodb_table": (
        life(
            Resource.TABLES,
            "dynamodb",
            create="CreateTable TagResource UpdateContinuousBackups UpdateTimeToLive",
            read="DescribeContinuousBackups DescribeTable DescribeTimeToLive ListTagsOfResource",
            update="UntagResource UpdateTable",
            delete="DeleteTable",
        ),
        life(
            Resource.KEYS,
            "kms",
            create="CreateGrant DescribeKey Encrypt GenerateDataKey",
            read="Decrypt",
            through=("dynamodb",),
        ),
    ),
    "aws_kms_alias": (
        life(Resource.ANY, "kms", read="ListAliases"),
        # Both sides of an alias are asked for.
        life(Resource.KEY_ALIAS, "kms", create="CreateAlias", update="UpdateAlias", delete="DeleteAlias"),
        life(Resource.KEYS, "kms", create="CreateAlias", update="UpdateAlias", delete="DeleteAlias"),
    ),
    "aws_kms_key": (
        life(Resource.ANY, "kms", create="CreateKey"),
        # A new key's alias and tags do not count at once, so that the key can be named by neither.
        life(
            Resource.KEYS,
            "kms",
            create="EnableKeyRotation TagResource",
            read="DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
        ),
        life(
            Resource.KEYS_OF_PROJECT,
            "kms",
            update="DisableKey DisableKeyRotation EnableKey PutKeyPolicy UntagResource UpdateKeyDescription",
            delete="ScheduleKeyDeletion",
        ),
    ),
    "aws_secretsmanager_secret": (
        life(
            Resource.SECRETS,
            "secretsmanager",
            create="CreateSecret TagResource",
            read="DescribeSecret GetResourcePolicy",
            update="UntagResource UpdateSecret",
            delete="DeleteSecret",
        ),
        life(Resource.KEYS, "kms", create="Decrypt GenerateDataKey", update="Decrypt", through=("secretsmanager",)),
    ),
    "aws_sns_topic": (
        life(
            Resource.TOPICS,
            "sns",
            create="CreateTopic SetTopicAttributes TagResource",
            read="GetTopicAttributes ListTagsForResource",
            update="UntagResource",
            delete="DeleteTopic",
        ),
    ),
    "aws_sns_topic_policy": (
        life(
            Resource.TOPICS,
            "sns",
            create="SetTopicAttributes",
            read="GetTopicAttributes",
            # Removing it puts the default policy back.
            delete="SetTopicAttributes",
        ),
    ),
    "aws_sns_topic_subscription": (
        life(Resource.TOPICS, "sns", create="Subscribe"),
        life(
            Resource.ANY,
            "sns",
            read="GetSubscriptionAttributes",
            update="SetSubscriptionAttributes",
            delete="Unsubscribe",
        ),
    ),
}
