# What `paybot` reads. A name here is an interface: rename none.

output "account_id" {
  description = "AWS account that holds the deployment."
  value       = local.account_id
}

output "region" {
  description = "Region that holds the deployment."
  value       = var.aws_region
}

output "project_name" {
  description = "First part of every resource's name."
  value       = var.project_name
}

output "environment" {
  description = "Last part of every resource's name."
  value       = var.environment
}

output "api_url" {
  description = "URL of the API's stage."
  value       = aws_api_gateway_stage.chat.invoke_url
}

output "chat_url" {
  description = "Where a chat message is posted to."
  value       = "${aws_api_gateway_stage.chat.invoke_url}/chat"
}

output "api_id" {
  description = "Id of the REST API."
  value       = aws_api_gateway_rest_api.chat.id
}

output "chat_invoke_arn" {
  description = "What a caller's policy names to be allowed execute-api:Invoke, where api_authorization is \"AWS_IAM\"."
  value       = local.chat_arn
}

output "api_authorization" {
  description = "How callers prove who they are: \"NONE\" or \"AWS_IAM\"."
  value       = var.api_authorization
}

output "api_key_id" {
  description = "Id of the API key that callers must send, whose value API Gateway tells (and the state); null when none is asked for."
  value       = one(aws_api_gateway_api_key.chat[*].id)
}

output "web_acl_arn" {
  description = "Web ACL before the API; null when there is none."
  value       = one(aws_wafv2_web_acl.chat[*].arn)
}

output "waf_log_group" {
  description = "Log group of the web ACL; null when there is none."
  value       = one(aws_cloudwatch_log_group.waf[*].name)
}

output "stage_name" {
  description = "Name of the API's stage."
  value       = aws_api_gateway_stage.chat.stage_name
}

output "lambda_function_name" {
  description = "Name of the bot's function."
  value       = aws_lambda_function.bot.function_name
}

output "lambda_alias" {
  description = "Alias that the API invokes."
  value       = aws_lambda_alias.live.name
}

output "lambda_version" {
  description = "Version that Terraform published last."
  value       = aws_lambda_function.bot.version
}

output "live_version" {
  description = "Version that customers talk to."
  value       = aws_lambda_alias.live.function_version
}

output "paused" {
  description = "Whether every turn is refused."
  value       = var.paused
}

output "lambda_log_group" {
  description = "Log group of the bot."
  value       = aws_cloudwatch_log_group.bot.name
}

output "api_access_log_group" {
  description = "Log group of the API's access log; null when access logs are off."
  value       = one(aws_cloudwatch_log_group.api_access[*].name)
}

output "session_table_name" {
  description = "DynamoDB table of the sessions."
  value       = aws_dynamodb_table.sessions.name
}

output "stripe_secret_arn" {
  description = "Secret that the Stripe key is put into, outside Terraform."
  value       = aws_secretsmanager_secret.stripe.arn
}

output "kms_key_arn" {
  description = "Key that encrypts everything that is kept."
  value       = aws_kms_key.main.arn
}

output "alerts_topic_arn" {
  description = "SNS topic that every alarm reports to."
  value       = aws_sns_topic.alerts.arn
}

output "alarm_names" {
  description = "Every alarm of the deployment, sorted."
  value = sort([
    aws_cloudwatch_metric_alarm.bedrock_token_usage.alarm_name,
    aws_cloudwatch_metric_alarm.bedrock_output_tokens.alarm_name,
    aws_cloudwatch_metric_alarm.bedrock_daily_cost.alarm_name,
    aws_cloudwatch_metric_alarm.model_fallbacks.alarm_name,
    aws_cloudwatch_metric_alarm.lambda_errors.alarm_name,
    aws_cloudwatch_metric_alarm.lambda_throttles.alarm_name,
    aws_cloudwatch_metric_alarm.lambda_duration.alarm_name,
    aws_cloudwatch_metric_alarm.api_5xx.alarm_name,
  ])
}

output "dashboard_name" {
  description = "CloudWatch dashboard of the deployment; null when it is off."
  value       = one(aws_cloudwatch_dashboard.bot[*].dashboard_name)
}

output "dashboard_url" {
  description = "Where the dashboard is in the AWS console; null when it is off."
  value       = one([for dashboard in aws_cloudwatch_dashboard.bot : "${local.console}/cloudwatch/home?region=${var.aws_region}#dashboards/dashboard/${dashboard.dashboard_name}"])
}

output "bedrock_model_id" {
  description = "Id that the bot invokes, and the ModelId dimension of its metrics."
  value       = var.bedrock_model_id
}

output "guardrail_id" {
  description = "Id of the guardrail; null when guardrails are off."
  value       = one(aws_bedrock_guardrail.bot[*].guardrail_id)
}

output "guardrail_version" {
  description = "Version of the guardrail that the bot uses; null when guardrails are off."
  value       = one(aws_bedrock_guardrail_version.bot[*].version)
}
