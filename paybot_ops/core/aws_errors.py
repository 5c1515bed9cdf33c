"""What AWS's error codes mean, in paybot's words, and the IAM action that a refused call needs."""

from __future__ import annotations

from paybot_ops.errors import AccessDeniedError, AwsError, CredentialsError, PaybotError

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "AuthorizationErrorException",
}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
# A signature is good for five minutes around AWS's own time; several services call it by another code.
_SKEWED = {"RequestTimeTooSkewed", "RequestInTheFuture"}
_SKEWED_WORDS = ("Signature expired", "Signature not yet current")
_INVALID = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "AuthFailure",
    "IncompleteSignature",
}
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
}

# API names are not IAM actions: these differ (Service Authorization Reference).
_IAM_SERVICE = {"bedrock-runtime": "bedrock", "monitoring": "cloudwatch", "email": "ses"}
_IAM_ACTION = {
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "ListObjectVersions"): "s3:ListBucketVersions",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "PutBucketEncryption"): "s3:PutEncryptionConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "PutPublicAccessBlock"): "s3:PutBucketPublicAccessBlock",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "s3:PutLifecycleConfiguration",
    ("lambda", "Invoke"): "lambda:InvokeFunction",
    ("bedrock-runtime", "Converse"): "bedrock:InvokeModel",
    ("apigateway", "GetAccount"): "apigateway:GET",
    ("apigateway", "GetRestApis"): "apigateway:GET",
}


def explain_aws(service: str, operation: str, code: str, message: str, target: str) -> PaybotError:
    """The error of a call that AWS refused; `target` names the resource for the reader."""
    if code in _SKEWED or any(words in message for words in _SKEWED_WORDS):
        return CredentialsError(
            "this machine's clock is wrong",
            why=message,
            hint="set it (timedatectl set-ntp true), then run the same again",
        )
    if code in _EXPIRED:
        return CredentialsError(
            "the AWS credentials have expired", why=message, hint="sign in again, for instance: aws sso login"
        )
    if code in _INVALID:
        return CredentialsError(
            "AWS does not accept the credentials", why=message, hint="check with: aws sts get-caller-identity"
        )
    if code in _DENIED or code == "403":
        action = _IAM_ACTION.get((service, operation), f"{_IAM_SERVICE.get(service, service)}:{operation}")
        return AccessDeniedError(
            f"access to {target} is denied",
            action=action,
            why=f"the caller lacks the IAM action {action}",
            hint=f"allow {action} on it, or use other credentials (AWS_PROFILE)",
        )
    if code in _THROTTLED:
        return AwsError(
            f"AWS is throttling {operation} on {target}", why=f"{code}, after retries", hint="run the same again later"
        )
    return AwsError(f"{operation} on {target} failed", why=f"{code}: {message}")
