# Every log group of the deployment, made here so that each is encrypted and ends.

locals {
  log_group_names = {
    bot        = "/aws/lambda/${local.names.function}"
    api_access = "/aws/apigateway/${local.names.api}"
    # API Gateway's own naming: <prefix><API id>/<stage>.
    api_execution_prefix = "API-Gateway-Execution-Logs_"
  }
}

resource "aws_cloudwatch_log_group" "bot" {
  name              = local.log_group_names.bot
  retention_in_days = local.log_retention_days
  kms_key_id        = aws_kms_key.main.arn
}

resource "aws_cloudwatch_log_group" "api_access" {
  count = local.access_logs ? 1 : 0

  name              = local.log_group_names.api_access
  retention_in_days = local.log_retention_days
  kms_key_id        = aws_kms_key.main.arn
}

resource "aws_cloudwatch_log_group" "api_execution" {
  count = local.access_logs ? 1 : 0

  name              = "${local.log_group_names.api_execution_prefix}${aws_api_gateway_rest_api.chat.id}/${var.environment}"
  retention_in_days = local.log_retention_days
  kms_key_id        = aws_kms_key.main.arn
}
