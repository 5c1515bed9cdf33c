# The REST API: its contract is openapi.tf, this file deploys it.

resource "aws_api_gateway_rest_api" "chat" {
  name        = local.names.api
  description = "Payment chat of ${local.service}"
  body        = local.openapi_body

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_deployment" "chat" {
  rest_api_id = aws_api_gateway_rest_api.chat.id

  # A deployment is a snapshot. The hash of the whole contract misses no change, unlike a list of resources.
  triggers = {
    body = sha256(local.openapi_body)
  }

  # The stage must move to the new snapshot before the old one can go.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "chat" {
  rest_api_id          = aws_api_gateway_rest_api.chat.id
  deployment_id        = aws_api_gateway_deployment.chat.id
  stage_name           = var.environment
  xray_tracing_enabled = true

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.api_access

    content {
      destination_arn = access_log_settings.value.arn
      format          = local.access_log_format
    }
  }
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.chat.id
  stage_name  = aws_api_gateway_stage.chat.stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = var.api_throttle_rate
    throttling_burst_limit = var.api_throttle_burst
    metrics_enabled        = true

    # Without the account's logging role API Gateway refuses any level but OFF.
    logging_level = local.access_logs ? "ERROR" : "OFF"
    # Tracing data would write whole messages, card numbers included.
    data_trace_enabled = false
  }

  # API Gateway makes this group itself, unencrypted and kept for ever, if it is not there first.
  depends_on = [aws_cloudwatch_log_group.api_execution]
}

locals {
  # What happened, never what was said: no query string, no header, no body, and not $context.error.message, which may
  # quote the request.
  access_log_format = jsonencode({
    requestId         = "$context.requestId"
    extendedRequestId = "$context.extendedRequestId"
    xrayTraceId       = "$context.xrayTraceId"
    requestTime       = "$context.requestTime"
    httpMethod        = "$context.httpMethod"
    resourcePath      = "$context.resourcePath"
    stage             = "$context.stage"
    protocol          = "$context.protocol"
    status            = "$context.status"
    responseLength    = "$context.responseLength"
    responseLatency   = "$context.responseLatency"
    integrationStatus = "$context.integration.status"
    errorType         = "$context.error.responseType"
    sourceIp          = "$context.identity.sourceIp"
  })
}
