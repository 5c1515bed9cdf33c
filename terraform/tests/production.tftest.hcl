mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "production_is_protected_by_itself" {
  command = plan

  variables {
    environment = "prod"
  }

  # Nobody hears of its alarms.
  expect_failures = [check.alarms_reach_somebody]

  assert {
    condition = (
      aws_api_gateway_stage.chat.access_log_settings[0].destination_arn == aws_cloudwatch_log_group.api_access[0].arn &&
      aws_api_gateway_method_settings.all.settings[0].logging_level == "ERROR" &&
      aws_api_gateway_method_settings.all.settings[0].data_trace_enabled == false
    )
    error_message = "Production must write an access log and errors, and never bodies."
  }

  assert {
    condition     = aws_cloudwatch_log_group.api_execution[0].name == "API-Gateway-Execution-Logs_api1234567/prod"
    error_message = "API Gateway would make its own execution log group, unencrypted and kept for ever."
  }

  assert {
    condition = alltrue([
      for group in [aws_cloudwatch_log_group.bot, aws_cloudwatch_log_group.api_access[0], aws_cloudwatch_log_group.api_execution[0], aws_cloudwatch_log_group.waf[0]] :
      group.retention_in_days == 365 && group.kms_key_id == aws_kms_key.main.arn
    ])
    error_message = "A production log group is not encrypted, or not kept for a year."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.main.policy).Statement : statement.Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"] if statement.Sid == "Logs"
      ]) == [
      for name in [
        aws_cloudwatch_log_group.bot.name, aws_cloudwatch_log_group.api_access[0].name, aws_cloudwatch_log_group.waf[0].name, "API-Gateway-Execution-Logs_*/prod",
      ] : "arn:aws:logs:us-east-1:123456789012:log-group:${name}"
    ]
    error_message = "CloudWatch Logs may not use the key for one of the groups, or for others than these."
  }

  assert {
    condition     = length(terraform_data.data_guard) == 1 && aws_dynamodb_table.sessions.deletion_protection_enabled == true
    error_message = "Production's data can be destroyed by an apply."
  }

  assert {
    condition = (
      aws_wafv2_web_acl_association.chat[0].resource_arn == aws_api_gateway_stage.chat.arn &&
      aws_wafv2_web_acl_association.chat[0].web_acl_arn == aws_wafv2_web_acl.chat[0].arn &&
      output.web_acl_arn == aws_wafv2_web_acl.chat[0].arn && output.waf_log_group == aws_cloudwatch_log_group.waf[0].name
    )
    error_message = "Production's API has no web ACL before it."
  }

  assert {
    condition     = length(aws_api_gateway_account.logging) + length(aws_iam_role.api_logging) + length(aws_iam_role_policy.api_logging) == 0
    error_message = "A setting of the whole account is changed without being asked for."
  }
}

run "each_of_it_can_be_left_out" {
  command = plan

  variables {
    environment                 = "prod"
    enable_api_access_logs      = false
    enable_waf                  = false
    protect_data                = false
    reserved_concurrency        = -1
    enable_dashboard            = false
    log_retention_days          = 90
    alerts_subscribed_elsewhere = true
  }

  assert {
    condition     = length(aws_api_gateway_stage.chat.access_log_settings) == 0 && aws_api_gateway_method_settings.all.settings[0].logging_level == "OFF"
    error_message = "enable_api_access_logs = false is not obeyed in prod."
  }

  assert {
    condition     = aws_cloudwatch_log_group.bot.retention_in_days == 90
    error_message = "log_retention_days is not obeyed in prod."
  }

  assert {
    condition = (
      length(aws_wafv2_web_acl.chat) + length(aws_wafv2_web_acl_association.chat) + length(aws_wafv2_web_acl_logging_configuration.chat) +
      length(aws_cloudwatch_log_group.waf) + length(aws_cloudwatch_log_resource_policy.waf) == 0 && output.web_acl_arn == null && output.waf_log_group == null
    )
    error_message = "enable_waf = false is not obeyed in prod."
  }

  assert {
    condition     = length(terraform_data.data_guard) == 0 && aws_dynamodb_table.sessions.deletion_protection_enabled == false
    error_message = "protect_data = false is not obeyed in prod."
  }

  assert {
    condition     = aws_lambda_function.bot.reserved_concurrent_executions == -1
    error_message = "Concurrency is reserved in an account that has too little of it."
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.bot) == 0 && output.dashboard_name == null && output.dashboard_url == null
    error_message = "The dashboard was switched off and is still there."
  }
}
