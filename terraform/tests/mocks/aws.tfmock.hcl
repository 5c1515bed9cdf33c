# What AWS would answer where the provider insists on the form of an ARN.

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "123456789012"
  }
}

mock_data "aws_partition" {
  defaults = {
    partition = "aws"
  }
}

mock_resource "aws_api_gateway_api_key" {
  defaults = {
    id    = "key1234567"
    value = "the-value-of-a-mocked-key"
  }
}

mock_resource "aws_api_gateway_usage_plan" {
  defaults = {
    id = "plan123456"
  }
}

mock_resource "aws_api_gateway_rest_api" {
  defaults = {
    id            = "api1234567"
    execution_arn = "arn:aws:execute-api:us-east-1:123456789012:api1234567"
  }
}

mock_resource "aws_api_gateway_stage" {
  defaults = {
    arn        = "arn:aws:apigateway:us-east-1::/restapis/api1234567/stages/mocked"
    invoke_url = "https://api1234567.execute-api.us-east-1.amazonaws.com/dev"
  }
}

mock_resource "aws_bedrock_guardrail" {
  defaults = {
    guardrail_id  = "guardrail1"
    guardrail_arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/guardrail1"
  }
}

mock_resource "aws_bedrock_guardrail_version" {
  defaults = {
    version = "7"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:mocked"
  }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  defaults = {
    arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:mocked"
  }
}

mock_resource "aws_dynamodb_table" {
  defaults = {
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/mocked"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/mocked"
  }
}

mock_resource "aws_kms_key" {
  defaults = {
    arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
}

mock_resource "aws_lambda_alias" {
  defaults = {
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:mocked:live/invocations"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn     = "arn:aws:lambda:us-east-1:123456789012:function:mocked"
    version = "3"
  }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = {
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mocked"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:us-east-1:123456789012:mocked"
  }
}

mock_resource "aws_wafv2_web_acl" {
  defaults = {
    arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/mocked/11111111-2222-3333-4444-555555555555"
  }
}
