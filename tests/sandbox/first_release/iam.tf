# What the function may do: one role, one policy per purpose. The guardrail's policy stands beside the guardrail.

resource "aws_iam_role" "lambda" {
  name        = local.names.role
  description = "The bot of ${local.service}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

locals {
  lambda_statements = {
    # No CreateLogGroup: the group is Terraform's, and a late line must not bring it back after a destroy.
    logs = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.bot.arn}:*"]
    }]

    # No Scan and no Query: a turn knows its session.
    sessions = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
      Resource = [aws_dynamodb_table.sessions.arn]
    }]

    bedrock = local.bedrock_statements

    stripe = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [aws_secretsmanager_secret.stripe.arn]
    }]

    # The services above decrypt with the function's own permission.
    kms = [{
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      Resource = [aws_kms_key.main.arn]
    }]

    # `*`: X-Ray has no resource that these actions could be limited to.
    xray = [{
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = ["*"]
    }]
  }

  # InvokeModel is also what Converse asks for. Through a profile it is needed on the profile and on the model in each
  # region that the profile routes to, there only on the profile's behalf.
  bedrock_statements = local.is_profile ? [
    {
      Effect    = "Allow"
      Action    = ["bedrock:InvokeModel"]
      Resource  = [local.inference_profile_arn]
      Condition = {}
    },
    {
      Effect    = "Allow"
      Action    = ["bedrock:InvokeModel"]
      Resource  = local.foundation_model_arns
      Condition = { StringEquals = { "bedrock:InferenceProfileArn" = local.inference_profile_arn } }
    },
    ] : [
    {
      Effect    = "Allow"
      Action    = ["bedrock:InvokeModel"]
      Resource  = local.foundation_model_arns
      Condition = {}
    },
  ]
}

resource "aws_iam_role_policy" "lambda" {
  for_each = local.lambda_statements

  name = "${var.project_name}-lambda-${each.key}-${var.environment}"
  role = aws_iam_role.lambda.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = each.value
  })
}
