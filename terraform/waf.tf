# The web ACL before the API: who is refused before a message costs anything. What it refuses is chosen in waf_rules.tf,
# what it writes down in waf_logs.tf. No rule keeps samples: they show whole requests to whoever opens the console.

resource "aws_wafv2_web_acl" "chat" {
  count = local.waf ? 1 : 0

  name        = local.names.web_acl
  description = "Before the API of ${local.service}"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  dynamic "custom_response_body" {
    for_each = local.waf_answers
    content {
      key          = custom_response_body.key
      content_type = "APPLICATION_JSON"
      content      = jsonencode({ error = { code = custom_response_body.key, message = custom_response_body.value.message } })
    }
  }

  rule {
    name     = "throttled"
    priority = 0
    action {
      block {
        custom_response {
          custom_response_body_key = "throttled"
          response_code            = local.waf_answers.throttled.status
          # Without CORS a browser hides the error from the page.
          response_header {
            name  = "Access-Control-Allow-Origin"
            value = var.cors_allow_origin
          }
        }
      }
    }
    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.waf_requests_per_ip
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "throttled"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "too_large"
    priority = 10
    action {
      block {
        custom_response {
          custom_response_body_key = "too_large"
          response_code            = local.waf_answers.too_large.status
          response_header {
            name  = "Access-Control-Allow-Origin"
            value = var.cors_allow_origin
          }
        }
      }
    }
    statement {
      size_constraint_statement {
        comparison_operator = "GT"
        size                = local.waf_body_bytes
        field_to_match {
          body {
            # What WAF does not see all of is too large.
            oversize_handling = "MATCH"
          }
        }
        text_transformation {
          priority = 0
          type     = "NONE"
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "too_large"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "AWSManagedRulesAmazonIpReputationList"
    priority = 20
    override_action {
      none {}
    }
    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesAmazonIpReputationList"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "AWSManagedRulesAmazonIpReputationList"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "AWSManagedRulesAnonymousIpList"
    priority = 25
    override_action {
      none {}
    }
    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesAnonymousIpList"
        dynamic "rule_action_override" {
          for_each = local.waf_counted.AWSManagedRulesAnonymousIpList
          content {
            name = rule_action_override.value
            action_to_use {
              count {}
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "AWSManagedRulesAnonymousIpList"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "AWSManagedRulesKnownBadInputsRuleSet"
    priority = 30
    override_action {
      none {}
    }
    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "AWSManagedRulesKnownBadInputsRuleSet"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "AWSManagedRulesCommonRuleSet"
    priority = 40
    override_action {
      none {}
    }
    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesCommonRuleSet"
        dynamic "rule_action_override" {
          for_each = local.waf_counted.AWSManagedRulesCommonRuleSet
          content {
            name = rule_action_override.value
            action_to_use {
              count {}
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "AWSManagedRulesCommonRuleSet"
      sampled_requests_enabled   = false
    }
  }

  # What a rule found is quoted in the log, and it may be a card number.
  data_protection_config {
    dynamic "data_protection" {
      for_each = local.waf_hidden_fields
      content {
        action = "SUBSTITUTION"
        field {
          field_type = data_protection.value.type
          field_keys = data_protection.value.keys
        }
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.names.web_acl
    sampled_requests_enabled   = false
  }
}
