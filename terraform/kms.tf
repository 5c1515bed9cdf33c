# One key for everything that is kept: logs, sessions, the Stripe key, the function's environment, guardrail, alerts.

locals {
  recovery_window_days = 30
}

resource "aws_kms_key" "main" {
  description             = "Data of ${local.service}"
  enable_key_rotation     = true
  deletion_window_in_days = local.recovery_window_days

  # DynamoDB, Secrets Manager, Lambda and Bedrock use the key as whoever calls them, so that IAM decides: for the bot
  # iam_kms.tf, service by service. A statement here per service (kms:ViaService) would open the key to everyone who may
  # call it. Only services that act as themselves are named (AWS KMS Developer Guide: Default key policy).
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # `kms:*` leaves the decision to the account's IAM policies, and keeps the key from becoming unmanageable.
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = "kms:*"
        # In a key's policy `*` means this key and no other.
        Resource = "*"
      },
      {
        # For these log groups only. The `*` of the actions are the documentation's (Amazon CloudWatch Logs User Guide: Encrypt
        # log data using AWS KMS), the `*` of the resource is this key.
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.aws_region}.amazonaws.com" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              "${local.arns.logs}:log-group:${local.log_group_names.bot}",
              "${local.arns.logs}:log-group:${local.log_group_names.api_access}",
              "${local.arns.logs}:log-group:${local.log_group_names.waf}",
              # The API's id is not known before the key is.
              "${local.arns.logs}:log-group:${local.log_group_names.api_execution_prefix}*/${var.environment}",
            ]
          }
        }
      },
      {
        # Without it alarms fire and no message arrives: the topic is encrypted. `*` as above (Amazon SNS Developer Guide: Key
        # management).
        Sid       = "AlarmsToTopic"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = {
          ArnLike = { "aws:SourceArn" = local.arns.alarms }
          StringEquals = {
            "aws:SourceAccount"                      = local.account_id
            "kms:EncryptionContext:aws:sns:topicArn" = local.arns.alerts
          }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "main" {
  name          = "alias/${local.service}"
  target_key_id = aws_kms_key.main.key_id
}
