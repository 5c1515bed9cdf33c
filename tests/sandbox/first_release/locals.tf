locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  production = var.environment == "prod"

  # `<project>-<environment>`: what the bot calls itself in its metrics and traces, and the KMS key's alias.
  service = "${var.project_name}-${var.environment}"

  names = {
    api       = "${var.project_name}-api-${var.environment}"
    alerts    = "${var.project_name}-alerts-${var.environment}"
    function  = "${var.project_name}-bot-${var.environment}"
    guardrail = "${var.project_name}-guardrail-${var.environment}"
    role      = "${var.project_name}-lambda-role-${var.environment}"
    sessions  = "${var.project_name}-sessions-${var.environment}"
  }

  log_retention_days = coalesce(var.log_retention_days, local.production ? 365 : 30)
  access_logs        = coalesce(var.enable_api_access_logs, local.production)
}
