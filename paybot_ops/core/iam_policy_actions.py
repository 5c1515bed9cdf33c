"""Which IAM actions a call of an AWS API needs: the names of the two are not the same.

Source: Service Authorization Reference (actions and dependent actions of each service), and for S3 the API reference's
"Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

# The names by which botocore or a signature knows a service, where IAM has another one.
_SERVICE = {"bedrock-runtime": "bedrock", "monitoring": "cloudwatch", "email": "ses"}

# By IAM's name of the service.
_ACTION = {
    ("bedrock", "Converse"): "bedrock:InvokeModel",
    ("bedrock", "ConverseStream"): "bedrock:InvokeModelWithResponseStream",
    ("lambda", "Invoke"): "lambda:InvokeFunction",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    # The older operation has the same request: from the outside they cannot be told apart.
    ("s3", "GetBucketLifecycle"): "s3:GetLifecycleConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "ListObjectVersions"): "s3:ListBucketVersions",
    ("s3", "ListObjects"): "s3:ListBucket",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "PutBucketEncryption"): "s3:PutEncryptionConfiguration",
    ("s3", "PutBucketLifecycle"): "s3:PutLifecycleConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "s3:PutLifecycleConfiguration",
    ("s3", "PutPublicAccessBlock"): "s3:PutBucketPublicAccessBlock",
}

# API Gateway's actions are the HTTP methods of its API (Service Authorization Reference: API Gateway Management).
_METHODS = (
    ("Get", "GET"),
    ("Test", "POST"),
    ("Create", "POST"),
    ("Import", "POST"),
    ("Put", "PUT"),
    ("TagResource", "PUT"),
    ("Update", "PATCH"),
    ("Delete", "DELETE"),
    ("Flush", "DELETE"),
    ("UntagResource", "DELETE"),
)


def iam_action(service: str, operation: str) -> str:
    """The action of a call, by botocore's or a signature's name of the service: `s3:ListBucket` for HeadBucket."""
    prefix = _SERVICE.get(service, service)
    if prefix == "apigateway":
        method = next((method for start, method in _METHODS if operation.startswith(start)), "")
        return f"apigateway:{method or operation}"
    return _ACTION.get((prefix, operation), f"{prefix}:{operation}")
