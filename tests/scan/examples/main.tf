# What each check of our own must find, beside what it must let pass.

resource "aws_sns_topic" "alerts" {
  name = "alerts"
}

resource "aws_cloudwatch_metric_alarm" "heard" {
  alarm_name          = "heard"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  alarm_actions       = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_metric_alarm" "unheard" {
  alarm_name          = "unheard"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  ok_actions          = ["arn:aws:sns:us-east-1:123456789012:alerts"]
}

resource "aws_cloudwatch_metric_alarm" "emptied" {
  alarm_name          = "emptied"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  alarm_actions       = []
}

resource "aws_iam_role_policy" "real" {
  role = "bot"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "kms:GenerateDataKey*", "DynamoDB:putitem"]
      Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/sessions"]
    }]
  })
}

resource "aws_iam_role_policy" "invented" {
  role = "bot"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "iam:Fooo", "bedrock:Converse"]
      Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/sessions"]
    }]
  })
}

resource "aws_kms_key" "accepted" {
  # checkov:skip=CKV_AWS_7: An example of a finding that is accepted, with a sentence that says why.
  description         = "Accepted"
  enable_key_rotation = false
}
