mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "an_open_chat_for_a_web_page" {
  command = plan

  variables {
    cors_allow_origin  = "https://pay.example.com"
    api_throttle_rate  = 3
    api_throttle_burst = 5
  }

  assert {
    condition = jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].post["x-amazon-apigateway-integration"] == {
      type                = "aws_proxy"
      httpMethod          = "POST"
      uri                 = aws_lambda_alias.live.invoke_arn
      timeoutInMillis     = 29000
      passthroughBehavior = "when_no_match"
    }
    error_message = "POST /chat does not go to the live alias."
  }

  assert {
    condition = (
      aws_lambda_permission.api.qualifier == aws_lambda_alias.live.name &&
      aws_lambda_permission.api.source_arn == "arn:aws:execute-api:us-east-1:123456789012:api1234567/dev/POST/chat" &&
      output.chat_invoke_arn == aws_lambda_permission.api.source_arn
    )
    error_message = "The API may not invoke the alias, or more than POST /chat may."
  }

  assert {
    condition = (
      jsondecode(aws_api_gateway_rest_api.chat.body).x-amazon-apigateway-request-validators[
        jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].post["x-amazon-apigateway-request-validator"]
      ].validateRequestBody == true &&
      jsondecode(aws_api_gateway_rest_api.chat.body).components.schemas[
        basename(jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].post.requestBody.content["application/json"].schema["$ref"])
      ].required == ["message"]
    )
    error_message = "A body without a message reaches the bot."
  }

  assert {
    condition     = !can(regex("maxLength|pattern|enum|additionalProperties", aws_api_gateway_rest_api.chat.body))
    error_message = "The model has a rule whose violation API Gateway quotes in its error log: it may quote a card number."
  }

  assert {
    condition = (
      jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Origin"] == "'https://pay.example.com'" &&
      jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Headers"] == "'Content-Type'"
    )
    error_message = "The preflight does not allow the configured origin, or allows headers that nothing needs."
  }

  assert {
    condition = alltrue([
      for response in values(jsondecode(aws_api_gateway_rest_api.chat.body).x-amazon-apigateway-gateway-responses) :
      response.responseParameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://pay.example.com'" &&
      can(jsondecode(response.responseTemplates["application/json"]).error.message)
    ])
    error_message = "An error of API Gateway's own has no CORS header, or another shape than the bot's errors."
  }

  assert {
    condition = toset(keys(jsondecode(aws_api_gateway_rest_api.chat.body).x-amazon-apigateway-gateway-responses)) == toset([
      "BAD_REQUEST_BODY", "DEFAULT_4XX", "DEFAULT_5XX", "INTEGRATION_TIMEOUT", "INVALID_API_KEY", "MISSING_AUTHENTICATION_TOKEN", "REQUEST_TOO_LARGE", "THROTTLED",
    ])
    error_message = "An error that API Gateway writes itself is left as it is."
  }

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.chat.body).x-amazon-apigateway-gateway-responses.MISSING_AUTHENTICATION_TOKEN.statusCode == "404"
    error_message = "A wrong path of an open API is not answered with 404."
  }

  assert {
    condition     = aws_lambda_function.bot.environment[0].variables["CORS_ALLOW_ORIGIN"] == "https://pay.example.com"
    error_message = "The bot answers for another origin than the preflight."
  }

  assert {
    condition     = aws_api_gateway_deployment.chat.triggers["body"] == sha256(aws_api_gateway_rest_api.chat.body)
    error_message = "A change of the API's contract would not be deployed."
  }

  assert {
    condition = (
      aws_api_gateway_method_settings.all.method_path == "*/*" &&
      aws_api_gateway_method_settings.all.stage_name == aws_api_gateway_stage.chat.stage_name &&
      aws_api_gateway_method_settings.all.settings[0].throttling_rate_limit == 3 &&
      aws_api_gateway_method_settings.all.settings[0].throttling_burst_limit == 5
    )
    error_message = "The throttle does not apply to the stage's methods."
  }

  assert {
    condition     = aws_api_gateway_stage.chat.cache_cluster_enabled != true
    error_message = "An answer to one customer's payment could be given to another."
  }

  assert {
    condition     = aws_api_gateway_stage.chat.xray_tracing_enabled == true && aws_lambda_function.bot.tracing_config[0].mode == "Active"
    error_message = "A request is not traced from the API to the function."
  }

  assert {
    condition = (
      keys(jsondecode(aws_api_gateway_rest_api.chat.body).paths["/done"]) == ["get"] &&
      jsondecode(aws_api_gateway_rest_api.chat.body).paths["/done"].get["x-amazon-apigateway-integration"].type == "mock" &&
      keys(jsondecode(aws_api_gateway_rest_api.chat.body).paths["/done"].get["x-amazon-apigateway-integration"].responses.default.responseTemplates) == ["text/html"]
    )
    error_message = "GET /done is not a page that API Gateway answers by itself."
  }

  assert {
    # "#" and "$" begin a template's directives, and a page that says more than it knows would be wrong half the time.
    condition     = !can(regex("[#$]|success|saved|paid", local.done_page))
    error_message = "The page has a template's directive in it, or claims an outcome."
  }

  assert {
    condition = (
      jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].post.security == [] &&
      jsondecode(aws_api_gateway_rest_api.chat.body).paths["/chat"].post["x-amazon-apigateway-auth"] == { type = "NONE" } &&
      length(aws_api_gateway_api_key.chat) + length(aws_api_gateway_usage_plan.chat) + length(aws_api_gateway_usage_plan_key.chat) == 0 &&
      output.api_key_id == null && output.api_authorization == "NONE"
    )
    error_message = "An open chat asks who calls."
  }
}
