mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "off_by_default" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_log_group.api_access) == 0 && length(aws_api_gateway_stage.chat.access_log_settings) == 0
    error_message = "A dev deployment writes access logs: it fails in an account without the logging role."
  }

  assert {
    condition     = aws_api_gateway_method_settings.all.settings[0].logging_level == "OFF"
    error_message = "A dev deployment asks for execution logs: it fails in an account without the logging role."
  }

  assert {
    condition     = output.api_access_log_group == null
    error_message = "The output names a log group that does not exist."
  }

  assert {
    condition     = aws_cloudwatch_log_group.bot.retention_in_days == 30
    error_message = "A dev deployment keeps its logs for other than 30 days."
  }
}

run "on_in_production" {
  command = plan

  variables {
    environment = "prod"
  }

  assert {
    condition     = aws_api_gateway_stage.chat.access_log_settings[0].destination_arn == aws_cloudwatch_log_group.api_access[0].arn
    error_message = "The stage does not write its access log to the deployment's group."
  }

  assert {
    condition = (
      aws_api_gateway_method_settings.all.settings[0].logging_level == "ERROR" &&
      aws_api_gateway_method_settings.all.settings[0].data_trace_enabled == false
    )
    error_message = "Production must log errors and never bodies."
  }

  assert {
    condition     = aws_cloudwatch_log_group.api_execution[0].name == "API-Gateway-Execution-Logs_api1234567/prod"
    error_message = "API Gateway would make its own execution log group, unencrypted and kept for ever."
  }

  assert {
    condition = alltrue([
      for group in [aws_cloudwatch_log_group.bot, aws_cloudwatch_log_group.api_access[0], aws_cloudwatch_log_group.api_execution[0]] :
      group.retention_in_days == 365 && group.kms_key_id == aws_kms_key.main.arn
    ])
    error_message = "A production log group is not encrypted, or not kept for a year."
  }
}

run "can_be_off_in_production" {
  command = plan

  variables {
    environment            = "prod"
    enable_api_access_logs = false
  }

  assert {
    condition     = length(aws_api_gateway_stage.chat.access_log_settings) == 0 && aws_api_gateway_method_settings.all.settings[0].logging_level == "OFF"
    error_message = "enable_api_access_logs = false is not obeyed in prod."
  }
}

run "the_log_says_nothing_of_what_was_said" {
  command = plan

  variables {
    enable_api_access_logs = true
  }

  assert {
    condition = alltrue([
      for value in values(jsondecode(aws_api_gateway_stage.chat.access_log_settings[0].format)) : can(regex("^\\$context\\.[A-Za-z.]+$", value))
    ])
    error_message = "A field of the access log is more than one $context variable."
  }

  assert {
    condition     = !can(regex("path\\b|queryString|error\\.message|validationErrorString|body|authorizer", aws_api_gateway_stage.chat.access_log_settings[0].format))
    error_message = "The access log holds a field that may quote the request."
  }
}
