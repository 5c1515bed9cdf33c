mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "a_chat_for_callers_that_are_known" {
  command = plan

  variables {
    require_api_key         = true
    api_authorization       = "AWS_IAM"
    enable_api_access_logs  = true
    manage_api_logging_role = true
    api_throttle_rate       = 3
    api_throttle_burst      = 5
  }

  assert {
    condition = (
      jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].post.security == [{ api_key = [] }] &&
      jsondecode(aws_api_gateway_rest_api.chat.body).components.securitySchemes == { api_key = { type = "apiKey", name = "x-api-key", in = "header" } }
    )
    error_message = "The chat does not ask for an API key."
  }

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].post["x-amazon-apigateway-auth"] == { type = "AWS_IAM" }
    error_message = "The chat does not ask for a signature."
  }

  assert {
    condition = alltrue([
      for operation in [
        jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].options, jsondecode(aws_api_gateway_rest_api.chat.body).paths["/done"].get,
      ] : !can(operation.security) && !can(operation["x-amazon-apigateway-auth"])
    ])
    error_message = "A browser's preflight, or a customer who comes back from Stripe, is asked for a key or a signature that they do not have."
  }

  assert {
    condition = (
      one(aws_api_gateway_usage_plan.chat[0].api_stages).api_id == aws_api_gateway_rest_api.chat.id &&
      one(aws_api_gateway_usage_plan.chat[0].api_stages).stage == aws_api_gateway_stage.chat.stage_name &&
      aws_api_gateway_usage_plan.chat[0].throttle_settings[0].rate_limit == 3 &&
      aws_api_gateway_usage_plan.chat[0].throttle_settings[0].burst_limit == 5 &&
      aws_api_gateway_usage_plan_key.chat[0].usage_plan_id == aws_api_gateway_usage_plan.chat[0].id &&
      aws_api_gateway_usage_plan_key.chat[0].key_id == aws_api_gateway_api_key.chat[0].id
    )
    error_message = "The key opens another stage than this one, or none."
  }

  assert {
    condition     = output.api_key_id == aws_api_gateway_api_key.chat[0].id && output.api_authorization == "AWS_IAM"
    error_message = "paybot is not told how to call the chat."
  }

  assert {
    condition     = !strcontains(jsonencode([output.api_key_id, output.chat_url, output.chat_invoke_arn]), aws_api_gateway_api_key.chat[0].value)
    error_message = "An output holds the API key itself."
  }

  assert {
    condition = (
      jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Headers"] ==
      "'Content-Type,X-Api-Key,Authorization,X-Amz-Content-Sha256,X-Amz-Date,X-Amz-Security-Token'"
    )
    error_message = "A browser may not send what the chat asks for."
  }

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.chat.body).x-amazon-apigateway-gateway-responses.MISSING_AUTHENTICATION_TOKEN.statusCode == "403"
    error_message = "A request without a signature is told that the chat does not exist."
  }

  assert {
    condition = (
      aws_api_gateway_stage.chat.access_log_settings[0].destination_arn == aws_cloudwatch_log_group.api_access[0].arn &&
      output.api_access_log_group == aws_cloudwatch_log_group.api_access[0].name
    )
    error_message = "enable_api_access_logs = true is not obeyed in dev."
  }

  assert {
    condition = alltrue([
      for value in values(jsondecode(aws_api_gateway_stage.chat.access_log_settings[0].format)) : can(regex("^\\$context\\.[A-Za-z.]+$", value))
    ])
    error_message = "A field of the access log is more than one $context variable."
  }

  assert {
    condition     = !can(regex("path\\b|queryString|error\\.message|validationErrorString|body|authorizer|apiKey\"", aws_api_gateway_stage.chat.access_log_settings[0].format))
    error_message = "The access log holds a field that may quote the request, or the API key."
  }

  assert {
    condition = (
      aws_api_gateway_account.logging[0].cloudwatch_role_arn == aws_iam_role.api_logging[0].arn &&
      aws_iam_role_policy.api_logging[0].role == aws_iam_role.api_logging[0].id &&
      jsondecode(aws_iam_role.api_logging[0].assume_role_policy).Statement[0].Principal == { Service = "apigateway.amazonaws.com" }
    )
    error_message = "The account's logging role is not the one that the module makes, or not API Gateway's."
  }

  assert {
    condition = toset(jsondecode(aws_iam_role_policy.api_logging[0].policy).Statement[0].Action) == toset([
      "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:FilterLogEvents",
      "logs:GetLogEvents", "logs:PutLogEvents",
    ])
    error_message = "The account's logging role may do other than AWS's own policy for it."
  }
}
