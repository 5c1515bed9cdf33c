# Where alarms go, and who reads them.

resource "aws_sns_topic" "alerts" {
  name              = local.names.alerts
  kms_master_key_id = aws_kms_key.main.arn
}

resource "aws_sns_topic_policy" "alerts" {
  arn = aws_sns_topic.alerts.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AlarmsOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alerts.arn
        Condition = {
          ArnLike      = { "aws:SourceArn" = local.arns.alarms }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
      {
        # `*`: anyone, over plain HTTP.
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alerts.arn
        Condition = {
          Bool = { "aws:SecureTransport" = "false" }
        }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alert_emails

  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = each.value
}

# By what the variables say, not by what SNS says: no data source lists a topic's subscriptions, and one that is not
# confirmed yet would count as one. `paybot notifications test` proves that a message arrives.
check "alarms_reach_somebody" {
  assert {
    condition     = !local.production || length(var.alert_emails) > 0 || var.alerts_subscribed_elsewhere
    error_message = "Nobody is known to hear of this deployment's alarms. List addresses in alert_emails; or subscribe them with `paybot notifications subscribe` and set alerts_subscribed_elsewhere = true."
  }
}
