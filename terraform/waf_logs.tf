# What the web ACL writes down: which rule met which address, never what was said.

locals {
  # Hidden in the log, in the details of what a rule matched, and in samples. A web ACL writes no body, but it does quote
  # the part of one in which a rule found something (AWS WAF Developer Guide: Data protection).
  waf_hidden_fields = [
    { type = "BODY", keys = null },
    { type = "QUERY_STRING", keys = null },
    { type = "SINGLE_HEADER", keys = local.waf_secret_headers },
  ]

  waf_secret_headers = ["authorization", "cookie", "x-api-key", "x-amz-security-token"]
}

# Made here and not by WAF, which would leave it behind (AWS WAF Developer Guide: Logging to CloudWatch Logs).
resource "aws_cloudwatch_log_resource_policy" "waf" {
  count = local.waf ? 1 : 0

  policy_name = local.log_group_names.waf

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "WafLogs"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      # `*` are the group's streams.
      Resource = "${aws_cloudwatch_log_group.waf[0].arn}:log-stream:*"
      Condition = {
        # `*`: the deliveries of this account and region have no names of their own.
        ArnLike      = { "aws:SourceArn" = "${local.arns.logs}:*" }
        StringEquals = { "aws:SourceAccount" = local.account_id }
      }
    }]
  })
}

resource "aws_wafv2_web_acl_logging_configuration" "chat" {
  count = local.waf ? 1 : 0

  resource_arn            = aws_wafv2_web_acl.chat[0].arn
  log_destination_configs = [aws_cloudwatch_log_group.waf[0].arn]

  # Beside the web ACL's own data protection, which a change of rules could switch off.
  dynamic "redacted_fields" {
    for_each = toset(local.waf_secret_headers)

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  redacted_fields {
    query_string {}
  }

  depends_on = [aws_cloudwatch_log_resource_policy.waf]
}
