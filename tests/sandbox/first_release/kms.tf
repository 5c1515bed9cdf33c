# One key for everything that is kept: logs, sessions, the Stripe key, the function's environment, alerts.

locals {
  recovery_window_days = 30
  log_group_arn_prefix = "arn:${local.partition}:logs:${var.aws_region}:${local.account_id}:log-group:"
}

resource "aws_kms_key" "main" {
  description             = "Data of ${local.service}"
  enable_key_rotation     = true
  deletion_window_in_days = local.recovery_window_days

  policy = jsonencode({
    Version = "2012-10-17"
    # In a key's policy `*` means this key and no other.
    Statement = [
      {
        # Leaves the decision to the account's IAM policies, and keeps the key from becoming unmanageable.
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.aws_region}.amazonaws.com" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              "${local.log_group_arn_prefix}${local.log_group_names.bot}",
              "${local.log_group_arn_prefix}${local.log_group_names.api_access}",
              # The API's id is not known before the key is.
              "${local.log_group_arn_prefix}${local.log_group_names.api_execution_prefix}*/${var.environment}",
            ]
          }
        }
      },
      {
        # Without it alarms fire and no message arrives: the topic is encrypted.
        Sid       = "AlarmsToTopic"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "main" {
  name          = "alias/${local.service}"
  target_key_id = aws_kms_key.main.key_id
}
