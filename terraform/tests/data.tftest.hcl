mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "sessions_end" {
  command = plan

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
}

run "everything_kept_is_encrypted_with_the_one_key" {
  command = plan

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
    condition = contains(one([
      for statement in jsondecode(aws_kms_key.main.policy).Statement : statement.Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"]
      if try(statement.Principal.Service, "") == "logs.us-east-1.amazonaws.com"
    ]), "arn:aws:logs:us-east-1:123456789012:log-group:${aws_cloudwatch_log_group.bot.name}")
    error_message = "CloudWatch Logs may not use the key for the bot's log group."
  }
}

run "a_second_deploy_meets_no_old_secret" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.stripe.name_prefix == "payment-smart-bot-stripe-key-dev-"
    error_message = "The secret has a fixed name, which a destroyed deployment keeps until its recovery window ends."
  }

  assert {
    condition     = aws_secretsmanager_secret.stripe.recovery_window_in_days == aws_kms_key.main.deletion_window_in_days
    error_message = "A secret could be restored without the key that reads it, or the other way round."
  }
}

run "the_bot_is_told_where_things_are" {
  command = plan

  variables {
    session_ttl_seconds = 900
  }

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
}
