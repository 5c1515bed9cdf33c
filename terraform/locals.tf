locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  production = var.environment == "prod"

  # `<project>-<environment>`: what the bot calls itself in its metrics and traces, and the KMS key's alias.
  service = "${var.project_name}-${var.environment}"

  names = {
    api          = "${var.project_name}-api-${var.environment}"
    alerts       = "${var.project_name}-alerts-${var.environment}"
    function     = "${var.project_name}-bot-${var.environment}"
    guardrail    = "${var.project_name}-guardrail-${var.environment}"
    logging_role = "${var.project_name}-api-logging-role-${var.environment}"
    role         = "${var.project_name}-lambda-role-${var.environment}"
    sessions     = "${var.project_name}-sessions-${var.environment}"
    web_acl      = "${var.project_name}-web-acl-${var.environment}"
  }

  # For policies that must stand before what they are about does.
  arns = {
    alarms   = "arn:${local.partition}:cloudwatch:${var.aws_region}:${local.account_id}:alarm:*"
    alerts   = "arn:${local.partition}:sns:${var.aws_region}:${local.account_id}:${local.names.alerts}"
    function = "arn:${local.partition}:lambda:${var.aws_region}:${local.account_id}:function:${local.names.function}"
    logs     = "arn:${local.partition}:logs:${var.aws_region}:${local.account_id}"
  }

  # What an unset switch means: production pays for protection, everything else stays cheap and easy to destroy.
  access_logs        = coalesce(var.enable_api_access_logs, local.production)
  waf                = coalesce(var.enable_waf, local.production)
  protects_data      = coalesce(var.protect_data, local.production)
  log_retention_days = coalesce(var.log_retention_days, local.production ? 365 : 30)
}
