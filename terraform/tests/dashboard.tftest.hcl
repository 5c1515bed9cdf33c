mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "it_shows_what_the_alarms_watch" {
  command = plan

  variables {
    bedrock_token_threshold          = 7
    bedrock_output_token_threshold   = 8
    bedrock_daily_cost_threshold     = 0.125
    lambda_timeout_seconds           = 10
    bedrock_input_price_per_million  = 0.000001
    bedrock_output_price_per_million = 15
  }

  assert {
    condition = tomap({
      for line in flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).widgets : [
          for line in try(widget.properties.annotations.horizontal, []) : merge(line, { period = widget.properties.period })
        ]
      ]) : line.label => "${line.value} in ${line.period}"
      }) == tomap({
      "payment-smart-bot-api-5xx-dev"               = "1 in 300"
      "payment-smart-bot-bedrock-daily-cost-dev"    = "0.125 in 86400"
      "payment-smart-bot-bedrock-output-tokens-dev" = "8 in 86400"
      "payment-smart-bot-bedrock-token-usage-dev"   = "7 in 86400"
      "payment-smart-bot-lambda-duration-dev"       = "8000 in 300"
      "payment-smart-bot-lambda-errors-dev"         = "1 in 300"
      "payment-smart-bot-lambda-throttles-dev"      = "1 in 300"
      "payment-smart-bot-model-fallbacks-dev"       = "1 in 300"
    })
    error_message = "An alarm's line is missing, is not at its threshold, or stands in a graph of another period."
  }

  assert {
    condition = toset(output.alarm_names) == toset(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).widgets : try(widget.properties.annotations.horizontal[*].label, [])
    ]))
    error_message = "The dashboard knows other alarms than the outputs do."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).periodOverride == "inherit"
    error_message = "CloudWatch would choose the periods, and the lines would mean nothing."
  }

  assert {
    condition = one([
      for series in flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).widgets : try(widget.properties.metrics, [])
      ]) : series.expression if can(series.expression)
    ]) == "(FILL(input_tokens, 0) * 0.000001 + FILL(output_tokens, 0) * 15.000000) / 1000000"
    error_message = "The dashboard reckons the dollars otherwise than the alarm."
  }

  assert {
    condition = alltrue([
      for one in jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).widgets : one.x + one.width <= 24 && alltrue([
        for other in jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).widgets :
        one == other || one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y
      ])
    ])
    error_message = "Two widgets cover each other, or one is wider than the page."
  }

  assert {
    condition     = !strcontains(aws_cloudwatch_dashboard.bot[0].dashboard_body, "AWS/WAFV2")
    error_message = "A graph reads a web ACL that is not there."
  }

  assert {
    condition     = output.dashboard_name == "payment-smart-bot-dashboard-dev" && endswith(output.dashboard_url, "#dashboards/dashboard/payment-smart-bot-dashboard-dev")
    error_message = "The outputs do not lead to the dashboard."
  }
}

run "it_shows_the_web_acl_and_knows_another_partition" {
  command = plan

  variables {
    aws_region       = "us-gov-west-1"
    bedrock_model_id = "us-gov.amazon.nova-lite-v1:0"
    enable_waf       = true
  }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-us-gov" }
  }

  assert {
    condition     = startswith(output.dashboard_url, "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/")
    error_message = "GovCloud's console is not at the address of everybody else's."
  }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).widgets : slice(widget.properties.metrics[0], 2, 8)
      if try(widget.properties.metrics[0][0], "") == "AWS/WAFV2"
    ] == [["WebACL", one(aws_wafv2_web_acl.chat[0].visibility_config).metric_name, "Region", "us-gov-west-1", "Rule", "ALL"]]
    error_message = "The dashboard does not show what the web ACL refuses."
  }

  assert {
    condition = alltrue([
      for one in jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).widgets : one.x + one.width <= 24 && alltrue([
        for other in jsondecode(aws_cloudwatch_dashboard.bot[0].dashboard_body).widgets :
        one == other || one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y
      ])
    ])
    error_message = "Two widgets cover each other, or one is wider than the page."
  }
}
