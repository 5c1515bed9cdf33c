# One bad value of each variable at a time; a run costs a second or two, so they share them.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "refuses_values_that_cannot_be" {
  command = plan

  variables {
    project_name                     = "payment-smart-bot-of-europe"
    environment                      = "dev/one"
    allowed_account_ids              = [12345678901]
    tags                             = { "aws:owner" = "me" }
    bedrock_token_threshold          = 0
    bedrock_output_token_threshold   = -1
    bedrock_daily_cost_threshold     = 0
    bedrock_input_price_per_million  = 0
    bedrock_output_price_per_million = 0
    bedrock_daily_token_budget       = -1
    cors_allow_origin                = "https://pay.example.com/chat"
    api_throttle_rate                = 0
    api_throttle_burst               = 0.5
    api_authorization                = "COGNITO"
    waf_requests_per_ip              = 9
    lambda_memory_mb                 = 10241
    lambda_timeout_seconds           = 901
    reserved_concurrency             = 0
    live_version                     = "$LATEST"
    vpc_security_group_ids           = ["default"]
    code_signing_config_arn          = "csc-0f6c334abcdea4d8b"
    deployed_by                      = join("", [for i in range(257) : "x"])
    session_ttl_seconds              = 604800
    log_retention_days               = 31
    card_collection                  = "email"
    stripe_api_base                  = "http://127.0.0.1.example.com:8080"
    alert_emails                     = ["oncall"]
    guardrail_pii_action             = "HIDE"
    guardrail_pii_entities           = ["SHOE_SIZE"]
    guardrail_content_strength       = "SEVERE"
    guardrail_topics                 = { "Tax/Law" = "Advice." }
    guardrail_words                  = [" "]
    guardrail_blocked_message        = ""
    aws_region                       = "us-east-1a"
  }

  expect_failures = [
    var.project_name,
    var.environment,
    var.allowed_account_ids,
    var.tags,
    var.bedrock_token_threshold,
    var.bedrock_output_token_threshold,
    var.bedrock_daily_cost_threshold,
    var.bedrock_input_price_per_million,
    var.bedrock_output_price_per_million,
    var.bedrock_daily_token_budget,
    var.cors_allow_origin,
    var.api_throttle_rate,
    var.api_throttle_burst,
    var.api_authorization,
    var.waf_requests_per_ip,
    var.lambda_memory_mb,
    var.lambda_timeout_seconds,
    var.reserved_concurrency,
    var.live_version,
    var.vpc_security_group_ids,
    var.code_signing_config_arn,
    var.deployed_by,
    var.session_ttl_seconds,
    var.log_retention_days,
    var.card_collection,
    var.stripe_api_base,
    var.alert_emails,
    var.guardrail_pii_action,
    var.guardrail_pii_entities,
    var.guardrail_content_strength,
    var.guardrail_topics,
    var.guardrail_words,
    var.guardrail_blocked_message,
    var.aws_region,
  ]
}

run "refuses_values_just_beyond_a_limit" {
  command = plan

  variables {
    project_name               = "PaymentBot"
    environment                = "p"
    bedrock_daily_token_budget = 1000.5
    cors_allow_origin          = "http://pay.example.com"
    api_throttle_burst         = 0
    waf_requests_per_ip        = 100.5
    lambda_memory_mb           = 127
    lambda_timeout_seconds     = 2
    reserved_concurrency       = -2
    live_version               = "0"
    vpc_subnet_ids             = ["vpc-0a1b2c3d"]
    session_ttl_seconds        = 59
    stripe_api_base            = "http://localhost:8080"
    alert_emails               = ["on call@example.com"]
    guardrail_topics           = { "Tax" = "" }
    guardrail_blocked_message  = join("", [for i in range(501) : "x"])
    # A profile of the US, which GovCloud is not.
    aws_region = "us-gov-west-1"
  }

  expect_failures = [
    var.project_name,
    var.environment,
    var.bedrock_daily_token_budget,
    var.cors_allow_origin,
    var.api_throttle_burst,
    var.waf_requests_per_ip,
    var.lambda_memory_mb,
    var.lambda_timeout_seconds,
    var.reserved_concurrency,
    var.live_version,
    var.vpc_subnet_ids,
    var.session_ttl_seconds,
    var.stripe_api_base,
    var.alert_emails,
    var.guardrail_topics,
    var.guardrail_blocked_message,
    var.bedrock_model_id,
  ]
}

run "refuses_what_is_nearly_right" {
  command = plan

  variables {
    vpc_subnet_ids             = ["subnet-0a1b2c3d"]
    project_name               = "1st-bot"
    bedrock_daily_token_budget = 1000000000000
    reserved_concurrency       = 1.5
    guardrail_topics           = { for i in range(26) : "Topic ${i}" => "Advice." }
    bedrock_model_id           = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"
  }

  expect_failures = [
    var.vpc_subnet_ids,
    var.project_name,
    var.bedrock_daily_token_budget,
    var.reserved_concurrency,
    var.guardrail_topics,
    var.bedrock_model_id,
  ]
}

run "refuses_no_bundle" {
  command = plan

  variables {
    bundle_dir = "tests/bundles/none"
  }

  expect_failures = [aws_lambda_function.bot]
}
