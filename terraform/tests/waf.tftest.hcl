mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "a_web_acl_that_a_chat_gets_through" {
  command = plan

  variables {
    enable_waf          = true
    protect_data        = true
    waf_requests_per_ip = 50
    cors_allow_origin   = "https://pay.example.com"
  }

  assert {
    condition     = aws_wafv2_web_acl.chat[0].scope == "REGIONAL" && length(aws_wafv2_web_acl.chat[0].default_action[0].allow) == 1
    error_message = "The web ACL is not one for an API, or refuses everybody."
  }

  assert {
    condition = {
      for rule in aws_wafv2_web_acl.chat[0].rule : rule.name => rule.priority
      } == {
      throttled                             = 0
      too_large                             = 10
      AWSManagedRulesAmazonIpReputationList = 20
      AWSManagedRulesAnonymousIpList        = 25
      AWSManagedRulesKnownBadInputsRuleSet  = 30
      AWSManagedRulesCommonRuleSet          = 40
    }
    error_message = "The web ACL does not have its six rules, the cheap ones first."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.chat[0].rule : [
        rule.statement[0].rate_based_statement[0].limit, rule.statement[0].rate_based_statement[0].aggregate_key_type, rule.action[0].block[0].custom_response[0].response_code,
      ] if rule.name == "throttled"
    ]) == [50, "IP", 429]
    error_message = "One address may ask for more than waf_requests_per_ip."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.chat[0].rule : [
        rule.statement[0].size_constraint_statement[0].size,
        rule.statement[0].size_constraint_statement[0].comparison_operator,
        rule.statement[0].size_constraint_statement[0].field_to_match[0].body[0].oversize_handling,
        rule.action[0].block[0].custom_response[0].response_code,
      ] if rule.name == "too_large"
    ]) == [16384, "GT", "MATCH", 413]
    error_message = "A body that WAF does not see all of gets through, or an ordinary one does not."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.chat[0].rule : length(rule.override_action[0].none) == 1 && rule.statement[0].managed_rule_group_statement[0].vendor_name == "AWS"
      if startswith(rule.name, "AWSManagedRules")
    ])
    error_message = "A managed group as a whole only counts, or is not AWS's."
  }

  assert {
    condition = {
      for rule in aws_wafv2_web_acl.chat[0].rule : rule.name => join(" ", sort(rule.statement[0].managed_rule_group_statement[0].rule_action_override[*].name))
      if startswith(rule.name, "AWSManagedRules")
      } == {
      AWSManagedRulesAmazonIpReputationList = ""
      AWSManagedRulesAnonymousIpList        = "AnonymousIPList HostingProviderIPList"
      AWSManagedRulesKnownBadInputsRuleSet  = ""
      AWSManagedRulesCommonRuleSet          = "CrossSiteScripting_BODY EC2MetaDataSSRF_BODY GenericLFI_BODY GenericRFI_BODY NoUserAgent_HEADER SizeRestrictions_BODY"
    }
    error_message = "Other rules than those that a chat breaks only count."
  }

  assert {
    condition = alltrue([
      for body in aws_wafv2_web_acl.chat[0].custom_response_body : body.content_type == "APPLICATION_JSON" && jsondecode(body.content).error.code == body.key
    ]) && toset(aws_wafv2_web_acl.chat[0].custom_response_body[*].key) == toset(["throttled", "too_large"])
    error_message = "The web ACL answers in another shape than the bot."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.chat[0].rule :
      one(rule.action[0].block[0].custom_response[0].response_header) == { name = "Access-Control-Allow-Origin", value = "https://pay.example.com" }
      if length(rule.action) > 0
    ])
    error_message = "A browser hides from its page why it was refused."
  }

  assert {
    condition = alltrue([
      for protection in aws_wafv2_web_acl.chat[0].data_protection_config[0].data_protection : protection.action == "SUBSTITUTION"
      ]) && {
      for protection in aws_wafv2_web_acl.chat[0].data_protection_config[0].data_protection :
      protection.field[0].field_type => join(" ", coalesce(protection.field[0].field_keys, []))
      } == {
      BODY          = ""
      QUERY_STRING  = ""
      SINGLE_HEADER = "authorization cookie x-api-key x-amz-security-token"
    }
    error_message = "The web ACL's log may quote a body, a query string or a secret header."
  }

  assert {
    condition = alltrue([
      for config in concat([aws_wafv2_web_acl.chat[0].visibility_config[0]], [for rule in aws_wafv2_web_acl.chat[0].rule : rule.visibility_config[0]]) :
      config.cloudwatch_metrics_enabled == true && config.sampled_requests_enabled == false
    ])
    error_message = "The web ACL keeps samples of whole requests, or counts nothing."
  }

  assert {
    condition = (
      startswith(aws_cloudwatch_log_group.waf[0].name, "aws-waf-logs-") && aws_cloudwatch_log_group.waf[0].kms_key_id == aws_kms_key.main.arn &&
      aws_wafv2_web_acl_logging_configuration.chat[0].log_destination_configs == toset([aws_cloudwatch_log_group.waf[0].arn])
    )
    error_message = "The web ACL does not log to its own encrypted group."
  }

  assert {
    condition = toset(flatten(aws_wafv2_web_acl_logging_configuration.chat[0].redacted_fields[*].single_header[*].name)) == toset([
      "authorization", "cookie", "x-api-key", "x-amz-security-token",
    ]) && length(flatten(aws_wafv2_web_acl_logging_configuration.chat[0].redacted_fields[*].query_string)) == 1
    error_message = "The web ACL's log shows a secret header or a query string."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_log_resource_policy.waf[0].policy_document).Statement == [{
      Sid       = "WafLogs"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${aws_cloudwatch_log_group.waf[0].arn}:log-stream:*"
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:logs:us-east-1:123456789012:*" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }]
    error_message = "WAF may not write its log, or may write others."
  }

  assert {
    condition     = length(terraform_data.data_guard) == 1 && aws_dynamodb_table.sessions.deletion_protection_enabled == true
    error_message = "protect_data = true is not obeyed in dev."
  }
}
