"""What commands have in common, such as reading the state or talking to the bot, and what each of these needs."""

from __future__ import annotations

from paybot_ops.core.iam_policy_resources import Grant, Resource


def allow(resource: Resource, *actions: str, through: tuple[str, ...] = ()) -> Grant:
    """A grant, in as few words as a table needs."""
    return Grant(resource, actions, through)


_STATE_STORES = ("s3", "dynamodb")
READ_STATE = (
    # S3 answers 403 and not 404 without it for a state that is not there; Terraform lists its workspaces with it.
    allow(Resource.STATE_BUCKET, "s3:ListBucket"),
    allow(Resource.STATES, "s3:GetObject"),
    allow(Resource.LOCK_TABLE, "dynamodb:GetItem"),
    allow(Resource.STATE_KEY, "kms:Decrypt", through=_STATE_STORES),
)
RELEASE_LOCKS = (
    allow(Resource.LOCK_FILES, "s3:DeleteObject", "s3:GetObject"),
    allow(Resource.LOCK_TABLE, "dynamodb:DeleteItem", "dynamodb:GetItem"),
)
LOCK_STATE = (
    *RELEASE_LOCKS,
    allow(Resource.LOCK_FILES, "s3:PutObject"),
    allow(Resource.LOCK_TABLE, "dynamodb:PutItem"),
    allow(Resource.STATE_KEY, "kms:GenerateDataKey", through=_STATE_STORES),
)
WRITE_STATE = (
    *READ_STATE,
    *LOCK_STATE,
    allow(Resource.STATES, "s3:PutObject"),
)
# Terraform documentation, "Backend Type: s3": DynamoDB Table Permissions.
APPLY = (*WRITE_STATE, allow(Resource.LOCK_TABLE, "dynamodb:DescribeTable"))
STATE_HISTORY = (
    allow(Resource.STATE_BUCKET, "s3:ListBucketVersions"),
    allow(Resource.STATES, "s3:GetObjectVersion"),
    allow(Resource.STATE_KEY, "kms:Decrypt", through=("s3",)),
)
AUDIT_HOME = (
    allow(
        Resource.STATE_BUCKET,
        "s3:GetBucketLogging",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:ListBucket",
    ),
    allow(
        Resource.LOCK_TABLE,
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:ListTagsOfResource",
    ),
)
MAKE_HOME = (
    allow(
        Resource.STATE_BUCKET,
        "s3:CreateBucket",
        "s3:PutBucketLogging",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
    ),
    allow(
        Resource.LOCK_TABLE,
        "dynamodb:CreateTable",
        "dynamodb:TagResource",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTable",
    ),
    # A bucket that may not be looked at: is it another account's?
    allow(Resource.ANY, "s3:ListAllMyBuckets"),
    # --kms-key: which key is only known then.
    allow(Resource.KEYS, "kms:DescribeKey"),
    allow(Resource.KEYS, "kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", through=("dynamodb",)),
)
LIST_ALARMS = (allow(Resource.ANY, "cloudwatch:DescribeAlarms"),)
WHO_HEARS = (allow(Resource.TOPICS, "sns:ListSubscriptionsByTopic"),)
FIND_TOPIC = (
    *LIST_ALARMS,
    *WHO_HEARS,
    allow(Resource.TOPICS, "sns:GetTopicAttributes"),
    allow(Resource.KEY, "kms:DescribeKey", "kms:GetKeyPolicy"),
)
READ_KEY = (
    allow(Resource.SECRETS, "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
    allow(Resource.KEY, "kms:Decrypt", through=("secretsmanager",)),
)
TALK = (
    allow(Resource.CHAT, "execute-api:Invoke"),
    allow(Resource.API_KEYS, "apigateway:GET"),
)
# The function's environment is encrypted with the deployment's key, and shown to who may decrypt.
READ_FUNCTION = (
    allow(Resource.FUNCTIONS, "lambda:GetFunction"),
    allow(Resource.KEY, "kms:Decrypt", through=("lambda",)),
)
LIST_VERSIONS = (
    allow(Resource.FUNCTIONS, "lambda:GetAlias", "lambda:ListVersionsByFunction"),
    allow(Resource.KEY, "kms:Decrypt", through=("lambda",)),
)
ROLL_BACK = (
    *LIST_VERSIONS,
    *TALK,
    allow(Resource.FUNCTIONS, "lambda:GetFunctionConcurrency", "lambda:UpdateAlias"),
    allow(Resource.GUARDRAILS, "bedrock:GetGuardrail"),
    allow(Resource.KEY, "kms:Decrypt", through=("bedrock",)),
)
LOOK_AT_GUARDRAIL = (
    allow(Resource.GUARDRAILS, "bedrock:GetGuardrail"),
    allow(Resource.FUNCTIONS, "lambda:GetFunctionConfiguration"),
    allow(Resource.KEY, "kms:Decrypt", through=("bedrock", "lambda")),
    allow(Resource.ROLES, "iam:GetRolePolicy"),
)
DEPLOY = (
    *APPLY,
    *ROLL_BACK,
    allow(Resource.MODELS, "bedrock:GetFoundationModel"),
    allow(Resource.API_ACCOUNT, "apigateway:GET"),
    # A guardrail that a cut-off run has made is found again by its name.
    allow(Resource.ANY, "bedrock:ListGuardrails", "lambda:GetAccountSettings"),
)
TEST_ALARM = (
    *LIST_ALARMS,
    *WHO_HEARS,
    allow(Resource.ANY, "cloudwatch:DescribeAlarmHistory"),
    allow(Resource.ALARMS, "cloudwatch:SetAlarmState"),
)
READ_METRICS = (allow(Resource.ANY, "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),)
PROBE_GUARDRAIL = (
    *LOOK_AT_GUARDRAIL,
    *TALK,
    allow(Resource.GUARDRAILS, "bedrock:ApplyGuardrail"),
    # The conversations of the probes are not left behind.
    allow(Resource.TABLES, "dynamodb:DeleteItem"),
    allow(Resource.KEY, "kms:Decrypt", through=("dynamodb",)),
)
READ_LOGS = (allow(Resource.LOG_GROUPS, "logs:FilterLogEvents"),)
