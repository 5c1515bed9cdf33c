"""What AWS's error codes mean, in paybot's words, and the IAM action that a refused call needs."""

from __future__ import annotations

from paybot_ops.core.iam_policy_actions import iam_action
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
        action = iam_action(service, operation)
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
