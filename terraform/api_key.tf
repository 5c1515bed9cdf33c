# The key that callers must send, where require_api_key asks for one. paybot reads it from API Gateway and never shows it.

resource "aws_api_gateway_api_key" "chat" {
  count = var.require_api_key ? 1 : 0

  name        = local.names.api
  description = "Callers of ${local.service}"
}

resource "aws_api_gateway_usage_plan" "chat" {
  count = var.require_api_key ? 1 : 0

  name        = local.names.api
  description = "Callers of ${local.service}"

  api_stages {
    api_id = aws_api_gateway_rest_api.chat.id
    stage  = aws_api_gateway_stage.chat.stage_name
  }

  throttle_settings {
    rate_limit  = var.api_throttle_rate
    burst_limit = var.api_throttle_burst
  }
}

resource "aws_api_gateway_usage_plan_key" "chat" {
  count = var.require_api_key ? 1 : 0

  key_id        = aws_api_gateway_api_key.chat[0].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.chat[0].id
}
