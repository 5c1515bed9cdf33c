# API Gateway's logging role: one for a whole account and region, so it is made only where this deployment is told to.

resource "aws_iam_role" "api_logging" {
  count = var.manage_api_logging_role ? 1 : 0

  name        = local.names.logging_role
  description = "API Gateway of this account and region writes its logs"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "apigateway.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "api_logging" {
  count = var.manage_api_logging_role ? 1 : 0

  name = "write-logs"
  role = aws_iam_role.api_logging[0].id

  # As AWS's own AmazonAPIGatewayPushToCloudWatchLogs has it: API Gateway refuses a role that may do less.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
      ]
      # `*`: the role serves every API of this account and region, whatever its log group is called.
      Resource = "${local.arns.logs}:*"
    }]
  })
}

resource "aws_api_gateway_account" "logging" {
  count = var.manage_api_logging_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.api_logging[0].arn

  depends_on = [aws_iam_role_policy.api_logging]
}
