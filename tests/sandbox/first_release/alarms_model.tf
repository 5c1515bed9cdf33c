# Alarms on what the model is asked, what that costs, and how often it does not answer.

locals {
  # AWS/Bedrock counts under the id that was invoked: an inference profile's id, when there is one.
  model_dimensions = { ModelId = var.bedrock_model_id }
  day              = 86400
  alarm_topics     = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_metric_alarm" "bedrock_token_usage" {
  alarm_name          = "${var.project_name}-bedrock-token-usage-${var.environment}"
  alarm_description   = "More than ${var.bedrock_token_threshold} Bedrock input tokens in a rolling 24 hours (evaluated hourly, not per calendar day)."
  namespace           = "AWS/Bedrock"
  metric_name         = "InputTokenCount"
  dimensions          = local.model_dimensions
  statistic           = "Sum"
  period              = local.day
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.bedrock_token_threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "bedrock_output_tokens" {
  alarm_name          = "${var.project_name}-bedrock-output-tokens-${var.environment}"
  alarm_description   = "More than ${var.bedrock_output_token_threshold} Bedrock output tokens in a rolling 24 hours (evaluated hourly, not per calendar day)."
  namespace           = "AWS/Bedrock"
  metric_name         = "OutputTokenCount"
  dimensions          = local.model_dimensions
  statistic           = "Sum"
  period              = local.day
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.bedrock_output_token_threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "bedrock_daily_cost" {
  alarm_name          = "${var.project_name}-bedrock-daily-cost-${var.environment}"
  alarm_description   = "Estimated model cost above ${var.bedrock_daily_cost_threshold} US dollars in a rolling 24 hours, from tokens and the configured prices. Guardrails are not in it."
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.bedrock_daily_cost_threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics

  metric_query {
    id          = "dollars"
    label       = "Estimated model cost (USD)"
    return_data = true

    # FILL: with one of the two missing the whole sum would be. %f: CloudWatch reads no exponent.
    expression = format(
      "(FILL(input_tokens, 0) * %f + FILL(output_tokens, 0) * %f) / 1000000",
      var.bedrock_input_price_per_million,
      var.bedrock_output_price_per_million,
    )
  }

  dynamic "metric_query" {
    for_each = {
      input_tokens  = "InputTokenCount"
      output_tokens = "OutputTokenCount"
    }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Bedrock"
        metric_name = metric_query.value
        dimensions  = local.model_dimensions
        stat        = "Sum"
        period      = local.day
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "model_fallbacks" {
  alarm_name          = "${var.project_name}-model-fallbacks-${var.environment}"
  alarm_description   = "The model did not answer and customers got a written reply instead: the function succeeds, so no other alarm shows it."
  namespace           = local.metric_namespace
  metric_name         = "ModelFallback"
  dimensions          = { service = local.service }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics
}
