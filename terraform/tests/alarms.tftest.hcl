mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "alarms_watch_what_the_bot_does_and_tell_somebody" {
  command = plan

  variables {
    aws_region                       = "eu-west-1"
    bedrock_model_id                 = "eu.amazon.nova-lite-v1:0"
    bedrock_input_price_per_million  = 0.000001
    bedrock_output_price_per_million = 15
    lambda_timeout_seconds           = 10
    alert_emails                     = ["oncall@example.com", "payments@example.com"]
  }

  assert {
    condition = alltrue([
      for alarm in [
        aws_cloudwatch_metric_alarm.bedrock_token_usage,
        aws_cloudwatch_metric_alarm.bedrock_output_tokens,
        aws_cloudwatch_metric_alarm.bedrock_daily_cost,
        aws_cloudwatch_metric_alarm.model_fallbacks,
        aws_cloudwatch_metric_alarm.lambda_errors,
        aws_cloudwatch_metric_alarm.lambda_throttles,
        aws_cloudwatch_metric_alarm.lambda_duration,
        aws_cloudwatch_metric_alarm.api_5xx,
      ] : alarm.alarm_actions == toset([aws_sns_topic.alerts.arn]) && alarm.ok_actions == toset([aws_sns_topic.alerts.arn])
    ])
    error_message = "An alarm does not report to the alerts topic when it fires and when it is over."
  }

  assert {
    condition = output.alarm_names == tolist([
      "payment-smart-bot-api-5xx-dev",
      "payment-smart-bot-bedrock-daily-cost-dev",
      "payment-smart-bot-bedrock-output-tokens-dev",
      "payment-smart-bot-bedrock-token-usage-dev",
      "payment-smart-bot-lambda-duration-dev",
      "payment-smart-bot-lambda-errors-dev",
      "payment-smart-bot-lambda-throttles-dev",
      "payment-smart-bot-model-fallbacks-dev",
    ])
    error_message = "An alarm is missing from the outputs, or is misnamed."
  }

  assert {
    condition = alltrue([
      for alarm in [aws_cloudwatch_metric_alarm.bedrock_token_usage, aws_cloudwatch_metric_alarm.bedrock_output_tokens] :
      alarm.dimensions == tomap({ ModelId = "eu.amazon.nova-lite-v1:0" }) && alarm.dimensions["ModelId"] == aws_lambda_function.bot.environment[0].variables["BEDROCK_MODEL_ID"]
    ])
    error_message = "The token alarms watch another id than the bot invokes."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.bedrock_token_usage.namespace == "AWS/Bedrock" &&
      aws_cloudwatch_metric_alarm.bedrock_token_usage.metric_name == "InputTokenCount" &&
      aws_cloudwatch_metric_alarm.bedrock_token_usage.statistic == "Sum" &&
      aws_cloudwatch_metric_alarm.bedrock_token_usage.period == 86400 &&
      aws_cloudwatch_metric_alarm.bedrock_token_usage.threshold == 100000 &&
      aws_cloudwatch_metric_alarm.bedrock_token_usage.treat_missing_data == "notBreaching"
    )
    error_message = "The token usage alarm is not a daily sum of input tokens against 100,000."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.bedrock_token_usage.alarm_description, "rolling 24 hours")
    error_message = "The token usage alarm does not say which 24 hours it means."
  }

  assert {
    condition = one([
      for query in aws_cloudwatch_metric_alarm.bedrock_daily_cost.metric_query : query.expression if query.return_data == true
    ]) == "(FILL(input_tokens, 0) * 0.000001 + FILL(output_tokens, 0) * 15.000000) / 1000000"
    error_message = "The cost is not input and output tokens by their prices, written without an exponent."
  }

  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.bedrock_daily_cost.metric_query : query.id => query.metric[0].metric_name
      if length(query.metric) > 0
      } == {
      input_tokens  = "InputTokenCount"
      output_tokens = "OutputTokenCount"
    }
    error_message = "The cost alarm does not read both token metrics."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.lambda_duration.threshold == 8000 && aws_cloudwatch_metric_alarm.lambda_duration.extended_statistic == "p99"
    error_message = "The duration alarm is not at 80 % of the function's timeout."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.model_fallbacks.namespace == aws_lambda_function.bot.environment[0].variables["POWERTOOLS_METRICS_NAMESPACE"] &&
      aws_cloudwatch_metric_alarm.model_fallbacks.dimensions == tomap({ service = aws_lambda_function.bot.environment[0].variables["POWERTOOLS_SERVICE_NAME"] })
    )
    error_message = "The fallback alarm watches a metric that the bot does not write."
  }

  assert {
    condition     = aws_sns_topic.alerts.kms_master_key_id == aws_kms_key.main.arn
    error_message = "The alerts topic is not encrypted with the deployment's key."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.main.policy).Statement : statement if try(statement.Principal.Service, "") == "cloudwatch.amazonaws.com"
      ]) == {
      Sid       = "AlarmsToTopic"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
      Resource  = "*"
      Condition = {
        ArnLike = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*" }
        StringEquals = {
          "aws:SourceAccount"                      = "123456789012"
          "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:eu-west-1:123456789012:payment-smart-bot-alerts-dev"
        }
      }
    }
    error_message = "CloudWatch may not use the topic's key, and alarms would fire without a message; or may use it for more than the topic."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_sns_topic_policy.alerts.policy).Statement : statement.Condition
      if statement.Effect == "Allow" && statement.Action == "sns:Publish" && try(statement.Principal.Service, "") == "cloudwatch.amazonaws.com"
      ]) == {
      ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*" }
      StringEquals = { "aws:SourceAccount" = "123456789012" }
    }
    error_message = "CloudWatch alarms of this account, and only of this account, must be able to publish."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_sns_topic_policy.alerts.policy).Statement : statement.Condition.Bool if statement.Effect == "Deny"
    ]) == { "aws:SecureTransport" = "false" }
    error_message = "The topic takes messages over plain HTTP."
  }

  assert {
    condition = {
      for address, subscription in aws_sns_topic_subscription.email : address => [subscription.protocol, subscription.topic_arn]
      } == {
      "oncall@example.com"   = ["email", aws_sns_topic.alerts.arn]
      "payments@example.com" = ["email", aws_sns_topic.alerts.arn]
    }
    error_message = "Not each address of alert_emails is subscribed to the topic."
  }
}
