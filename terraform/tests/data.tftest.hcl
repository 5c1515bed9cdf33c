mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "a_dev_deployment_is_cheap_and_keeps_little" {
  command = plan

  variables {
    session_ttl_seconds = 900
  }

  assert {
    condition = (
      aws_dynamodb_table.sessions.ttl[0].attribute_name == "expires_at" && aws_dynamodb_table.sessions.ttl[0].enabled == true &&
      aws_dynamodb_table.sessions.point_in_time_recovery[0].enabled == false
    )
    error_message = "A session can outlive its hour."
  }

  assert {
    condition     = aws_dynamodb_table.sessions.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table costs money while nobody talks to the bot."
  }

  assert {
    condition = alltrue([
      for key in [
        aws_dynamodb_table.sessions.server_side_encryption[0].kms_key_arn,
        aws_secretsmanager_secret.stripe.kms_key_id,
        aws_lambda_function.bot.kms_key_arn,
        aws_cloudwatch_log_group.bot.kms_key_id,
        aws_sns_topic.alerts.kms_master_key_id,
      ] : key == aws_kms_key.main.arn
    ])
    error_message = "Something is kept without the deployment's key."
  }

  assert {
    condition     = aws_kms_key.main.enable_key_rotation == true
    error_message = "The key is never rotated."
  }

  assert {
    condition     = jsondecode(aws_kms_key.main.policy).Statement[*].Sid == ["Account", "Logs", "AlarmsToTopic"]
    error_message = "Others than the account, its logs and its alarms are let use the key."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_kms_key.main.policy).Statement : statement.Principal if statement.Sid == "Account"]) == { AWS = "arn:aws:iam::123456789012:root" }
    error_message = "The account cannot manage its key."
  }

  assert {
    condition     = aws_secretsmanager_secret.stripe.name_prefix == "payment-smart-bot-stripe-key-dev-"
    error_message = "The secret has a fixed name, which a destroyed deployment keeps until its recovery window ends."
  }

  assert {
    condition     = aws_secretsmanager_secret.stripe.recovery_window_in_days == 30 && aws_kms_key.main.deletion_window_in_days == 30
    error_message = "A secret could be restored without the key that reads it, or the other way round."
  }

  # Exactly these: an addition is looked at here before it is deployed, and none of them is a secret.
  assert {
    condition = aws_lambda_function.bot.environment[0].variables == tomap({
      ACCEPT_RAW_CARD_DATA         = "false"
      BEDROCK_DAILY_TOKEN_BUDGET   = "1000000"
      BEDROCK_MODEL_ID             = "us.amazon.nova-micro-v1:0"
      CARD_COLLECTION              = "hosted_link"
      CORS_ALLOW_ORIGIN            = "*"
      ENVIRONMENT                  = "dev"
      GUARDRAIL_BLOCKED_MESSAGE    = ""
      GUARDRAIL_ID                 = ""
      GUARDRAIL_VERSION            = ""
      KMS_KEY_ARN                  = aws_kms_key.main.arn
      POWERTOOLS_METRICS_NAMESPACE = "PaymentBot"
      POWERTOOLS_SERVICE_NAME      = "payment-smart-bot-dev"
      SESSION_TABLE                = aws_dynamodb_table.sessions.name
      SESSION_TTL_SECONDS          = "900"
      STRIPE_API_BASE              = ""
      STRIPE_SECRET_ARN            = aws_secretsmanager_secret.stripe.arn
    })
    error_message = "The function's environment is not what the bot reads."
  }

  assert {
    condition = (
      aws_lambda_function.bot.logging_config[0].log_group == aws_cloudwatch_log_group.bot.name &&
      aws_lambda_function.bot.logging_config[0].log_format == "JSON" &&
      aws_lambda_function.bot.logging_config[0].application_log_level == "INFO"
    )
    error_message = "The bot does not log to the deployment's group, or logs at a level that writes card numbers."
  }

  assert {
    condition = (
      length(aws_cloudwatch_log_group.api_access) + length(aws_cloudwatch_log_group.api_execution) == 0 &&
      length(aws_api_gateway_stage.chat.access_log_settings) == 0 && output.api_access_log_group == null &&
      aws_api_gateway_method_settings.all.settings[0].logging_level == "OFF"
    )
    error_message = "A dev deployment writes access or execution logs: it fails in an account without the logging role."
  }

  assert {
    condition     = aws_cloudwatch_log_group.bot.retention_in_days == 30
    error_message = "A dev deployment keeps its logs for other than 30 days."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.chat) + length(aws_cloudwatch_log_group.waf) == 0
    error_message = "A dev deployment pays for a web ACL."
  }

  assert {
    condition     = length(terraform_data.data_guard) == 0 && aws_dynamodb_table.sessions.deletion_protection_enabled == false
    error_message = "A dev deployment cannot be destroyed simply."
  }

  assert {
    condition     = length(aws_bedrock_guardrail.bot) + length(aws_bedrock_guardrail_version.bot) + length(aws_iam_role_policy.lambda_guardrails) + length(aws_iam_role_policy.lambda_guardrail_only) == 0
    error_message = "A guardrail is made although it is off."
  }

  assert {
    condition     = output.guardrail_id == null && output.guardrail_version == null
    error_message = "The outputs name a guardrail although it is off."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0 && length(aws_lambda_function.bot.vpc_config) == 0 && length(aws_iam_role_policy.lambda_vpc) == 0
    error_message = "Somebody is subscribed, or the bot is in a VPC, without being asked for."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.lambda_duration.threshold == 23200
    error_message = "The duration alarm waits for longer than API Gateway does."
  }

  assert {
    condition     = aws_lambda_function.bot.reserved_concurrent_executions == 20 && output.paused == false && aws_lambda_function.bot.code_signing_config_arn == null
    error_message = "The bot may take all of the account's concurrency, or is paused."
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "3" && output.live_version == "3"
    error_message = "The newest version is not live."
  }
}
