"""What serves customers: the API, the web ACL before it, the function behind it and the roles.

Source: see `iam_policy_terraform`.
"""

from __future__ import annotations

from collections.abc import Mapping

from paybot_ops.core.iam_policy_life import Life, life
from paybot_ops.core.iam_policy_resources import Resource

_REST = life(Resource.API, "apigateway", create="POST PUT", read="GET", update="PATCH PUT", delete="DELETE PATCH")

_REST_TAGS = life(Resource.API_TAGS, "apigateway", create="PUT", update="PUT DELETE")

SERVING: Mapping[str, tuple[Life, ...]] = {
    "aws_api_gateway_account": (_REST, life(Resource.PASSED_ROLES, "iam", create="PassRole", update="PassRole")),
    "aws_api_gateway_api_key": (_REST, _REST_TAGS),
    "aws_api_gateway_deployment": (_REST,),
    "aws_api_gateway_method_settings": (_REST,),
    "aws_api_gateway_rest_api": (_REST, _REST_TAGS),
    "aws_api_gateway_stage": (_REST, _REST_TAGS),
    "aws_api_gateway_usage_plan": (_REST, _REST_TAGS),
    "aws_api_gateway_usage_plan_key": (_REST,),
    "aws_bedrock_guardrail": (
        life(
            Resource.GUARDRAILS,
            "bedrock",
            create="CreateGuardrail TagResource",
            read="GetGuardrail ListTagsForResource",
            update="UpdateGuardrail TagResource UntagResource",
            delete="DeleteGuardrail",
        ),
        life(
            Resource.KEYS,
            "kms",
            create="CreateGrant DescribeKey GenerateDataKey",
            read="Decrypt",
            through=("bedrock",),
        ),
    ),
    "aws_iam_role": (
        life(
            Resource.ROLES,
            "iam",
            create="CreateRole TagRole",
            read="GetRole ListAttachedRolePolicies ListRolePolicies",
            update="UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
            delete="DeleteRole ListInstanceProfilesForRole",
        ),
    ),
    "aws_iam_role_policy": (
        life(Resource.ROLES, "iam", create="PutRolePolicy", read="GetRolePolicy", delete="DeleteRolePolicy"),
    ),
    "aws_lambda_alias": (
        life(
            Resource.FUNCTIONS,
            "lambda",
            create="CreateAlias",
            read="GetAlias",
            update="UpdateAlias",
            delete="DeleteAlias",
        ),
    ),
    "aws_lambda_function": (
        life(
            Resource.FUNCTIONS,
            "lambda",
            create="CreateFunction PublishVersion PutFunctionConcurrency TagResource",
            read="GetFunction GetFunctionCodeSigningConfig GetFunctionConfiguration ListVersionsByFunction",
            update="DeleteFunctionConcurrency UntagResource UpdateFunctionCode UpdateFunctionConfiguration",
            delete="DeleteFunction",
        ),
        life(Resource.PASSED_ROLES, "iam", create="PassRole", update="PassRole"),
        life(Resource.KEYS, "kms", create="CreateGrant Encrypt", read="Decrypt", through=("lambda",)),
        # In a VPC; Lambda looks whether its subnets and groups are there.
        life(
            Resource.ANY,
            "ec2",
            create="DescribeSecurityGroups DescribeSubnets DescribeVpcs",
            read="DescribeNetworkInterfaces",
        ),
    ),
    "aws_lambda_permission": (
        life(Resource.FUNCTIONS, "lambda", create="AddPermission", read="GetPolicy", delete="RemovePermission"),
    ),
    "aws_wafv2_web_acl": (
        life(
            Resource.WEB_ACLS,
            "wafv2",
            create="CreateWebACL TagResource",
            read="GetWebACL ListTagsForResource",
            update="UntagResource UpdateWebACL",
            delete="DeleteWebACL",
        ),
    ),
    "aws_wafv2_web_acl_association": (
        life(
            Resource.WEB_ACLS,
            "wafv2",
            create="AssociateWebACL",
            read="GetWebACL GetWebACLForResource",
            delete="DisassociateWebACL",
        ),
        life(Resource.API_STAGES, "apigateway", create="SetWebACL", delete="SetWebACL"),
        life(
            Resource.API_STAGES,
            "wafv2",
            create="AssociateWebACL",
            read="GetWebACLForResource",
            delete="DisassociateWebACL",
        ),
    ),
    "aws_wafv2_web_acl_logging_configuration": (
        life(
            Resource.WEB_ACLS,
            "wafv2",
            create="PutLoggingConfiguration",
            read="GetLoggingConfiguration",
            delete="DeleteLoggingConfiguration",
        ),
        # AWS WAF Developer Guide, "Logging to CloudWatch Logs": permissions.
        life(
            Resource.ANY,
            "logs",
            create="CreateLogDelivery DescribeResourcePolicies PutResourcePolicy",
            read="DescribeLogGroups",
            delete="DeleteLogDelivery",
        ),
    ),
}
