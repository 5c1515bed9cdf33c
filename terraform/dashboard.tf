# One page to look at when an alarm fires: what customers meet, what the model does and costs, and each alarm's limit.

locals {
  # Where metrics come from: namespace, and what to put behind a metric's name to find this deployment's.
  metrics_of = {
    bot      = { namespace = local.metric_namespace, dimensions = ["service", local.service] }
    api      = { namespace = "AWS/ApiGateway", dimensions = ["ApiName", aws_api_gateway_rest_api.chat.name, "Stage", aws_api_gateway_stage.chat.stage_name] }
    function = { namespace = "AWS/Lambda", dimensions = ["FunctionName", aws_lambda_function.bot.function_name] }
    model    = { namespace = "AWS/Bedrock", dimensions = ["ModelId", var.bedrock_model_id] }
    web_acl  = { namespace = "AWS/WAFV2", dimensions = ["WebACL", local.names.web_acl, "Region", var.aws_region, "Rule", "ALL"] }
  }

  five_minutes = 300

  # Three to a row. A graph has the period of its alarms, or its line would mean nothing. What a series says beside its
  # metric goes to CloudWatch as it is; a series without a metric is a sum of the others.
  dashboard_graphs = concat([
    {
      title  = "Conversations"
      of     = local.metrics_of.bot
      period = local.five_minutes
      alarms = []
      series = [{ metric = "Turns" }, { metric = "Completions" }, { metric = "Cancels" }, { metric = "Declines" }]
    },
    {
      title  = "API: requests and errors"
      of     = local.metrics_of.api
      period = local.five_minutes
      alarms = [aws_cloudwatch_metric_alarm.api_5xx]
      series = [{ metric = "Count" }, { metric = "4XXError" }, { metric = "5XXError" }]
    },
    {
      title  = "Function: errors and throttles"
      of     = local.metrics_of.function
      period = local.five_minutes
      alarms = [aws_cloudwatch_metric_alarm.lambda_errors, aws_cloudwatch_metric_alarm.lambda_throttles]
      series = [{ metric = "Errors" }, { metric = "Throttles" }]
    },
    {
      title  = "Function: milliseconds a turn"
      of     = local.metrics_of.function
      period = local.five_minutes
      alarms = [aws_cloudwatch_metric_alarm.lambda_duration]
      series = [
        { metric = "Duration", stat = "p50", label = "p50" },
        { metric = "Duration", stat = "p95", label = "p95" },
        { metric = "Duration", stat = "p99", label = "p99" },
      ]
    },
    {
      title  = "API: milliseconds a request"
      of     = local.metrics_of.api
      period = local.five_minutes
      alarms = []
      series = [
        { metric = "Latency", stat = "p50", label = "p50" },
        { metric = "Latency", stat = "p95", label = "p95" },
        { metric = "Latency", stat = "p99", label = "p99" },
      ]
    },
    {
      title  = "Function: turns at once"
      of     = local.metrics_of.function
      period = local.five_minutes
      alarms = []
      series = [{ metric = "ConcurrentExecutions", stat = "Maximum" }]
    },
    {
      title  = "Model: tokens in, a day"
      of     = local.metrics_of.model
      period = local.day
      alarms = [aws_cloudwatch_metric_alarm.bedrock_token_usage]
      series = [{ metric = "InputTokenCount" }]
    },
    {
      title  = "Model: tokens out, a day"
      of     = local.metrics_of.model
      period = local.day
      alarms = [aws_cloudwatch_metric_alarm.bedrock_output_tokens]
      series = [{ metric = "OutputTokenCount" }]
    },
    {
      title  = "Model: estimated US dollars, a day"
      of     = local.metrics_of.model
      period = local.day
      alarms = [aws_cloudwatch_metric_alarm.bedrock_daily_cost]
      series = [
        { expression = one(compact(aws_cloudwatch_metric_alarm.bedrock_daily_cost.metric_query[*].expression)), label = "dollars" },
        { metric = "InputTokenCount", id = "input_tokens", visible = false },
        { metric = "OutputTokenCount", id = "output_tokens", visible = false },
      ]
    },
    {
      title  = "Replies without the model"
      of     = local.metrics_of.bot
      period = local.five_minutes
      alarms = [aws_cloudwatch_metric_alarm.model_fallbacks]
      series = [
        { metric = "ModelFallback", label = "it did not answer" },
        { metric = "TokenBudgetStops", label = "the day's budget was used up" },
      ]
    },
    {
      title  = "Model: refused and failed calls"
      of     = local.metrics_of.model
      period = local.five_minutes
      alarms = []
      series = [{ metric = "InvocationThrottles" }, { metric = "InvocationClientErrors" }, { metric = "InvocationServerErrors" }]
    },
    {
      title  = "Guardrail: texts stopped and masked"
      of     = local.metrics_of.bot
      period = local.five_minutes
      alarms = []
      series = [{ metric = "GuardrailStops" }, { metric = "GuardrailMasks" }]
    },
    ], [for acl in aws_wafv2_web_acl.chat : {
      title  = "Web ACL: requests refused"
      of     = local.metrics_of.web_acl
      period = local.five_minutes
      alarms = []
      series = [{ metric = "BlockedRequests" }]
  }])

  dashboard_columns = { count = 3, width = 8, height = 6 }

  # Every alarm's state, above the graphs that explain it.
  dashboard_alarm_status = {
    type   = "alarm"
    x      = 0
    y      = 0
    width  = local.dashboard_columns.count * local.dashboard_columns.width
    height = 3
    properties = {
      title  = "Alarms of ${local.service}"
      alarms = flatten(local.dashboard_graphs[*].alarms[*].arn)
    }
  }

  dashboard_graph_widgets = [
    for index, graph in local.dashboard_graphs : {
      type   = "metric"
      x      = index % local.dashboard_columns.count * local.dashboard_columns.width
      y      = floor(index / local.dashboard_columns.count) * local.dashboard_columns.height + local.dashboard_alarm_status.height
      width  = local.dashboard_columns.width
      height = local.dashboard_columns.height
      properties = {
        title  = graph.title
        region = var.aws_region
        view   = "timeSeries"
        stat   = "Sum"
        period = graph.period
        yAxis  = { left = { min = 0 } }
        metrics = [
          for series in graph.series : concat(
            try(concat([graph.of.namespace, series.metric], graph.of.dimensions), []),
            [merge(try({ label = series.metric }, {}), { for option, value in series : option => value if option != "metric" })],
          )
        ]
        annotations = {
          horizontal = [for alarm in graph.alarms : { label = alarm.alarm_name, value = alarm.threshold, color = "#d62728" }]
        }
      }
    }
  ]
}

locals {
  # GovCloud and China have consoles of their own (their user guides).
  other_consoles = { aws-us-gov = "console.amazonaws-us-gov.com", aws-cn = "console.amazonaws.cn" }
  console        = "https://${var.aws_region}.${lookup(local.other_consoles, local.partition, "console.aws.amazon.com")}"
}

resource "aws_cloudwatch_dashboard" "bot" {
  count = var.enable_dashboard ? 1 : 0

  dashboard_name = "${var.project_name}-dashboard-${var.environment}"

  dashboard_body = jsonencode({
    start = "-P7D"
    # `auto` would shorten the days of the daily graphs to what fits the chosen time range.
    periodOverride = "inherit"
    widgets        = concat([local.dashboard_alarm_status], local.dashboard_graph_widgets)
  })
}
