# The bot: a function, a published version for each change of it, and the alias that the API invokes.

locals {
  bundle = "${path.module}/${var.bundle_dir}/lambda.zip"
  digest = "${path.module}/${var.bundle_dir}/lambda.sha256"

  # `paybot package` writes a digest of the bundle's inputs beside the zip. It counts before the zip's own bytes: a zip
  # with compiled modules and one without are the same code, and must not redeploy each other.
  source_hash = (
    fileexists(local.digest) ? trimspace(file(local.digest)) :
    fileexists(local.bundle) ? filebase64sha256(local.bundle) : ""
  )

  function = {
    handler        = "payment_bot.handler.handler"
    runtime        = "python3.13"
    architecture   = "arm64"
    memory_mb      = var.lambda_memory_mb
    timeout        = var.lambda_timeout_seconds
    log_level      = "INFO"
    log_group_name = aws_cloudwatch_log_group.bot.name

    # No value here is a secret: the Stripe key is fetched by its ARN at run time.
    environment = {
      BEDROCK_MODEL_ID             = var.bedrock_model_id
      CORS_ALLOW_ORIGIN            = var.cors_allow_origin
      ENVIRONMENT                  = var.environment
      GUARDRAIL_ID                 = try(aws_bedrock_guardrail.bot[0].guardrail_id, "")
      GUARDRAIL_VERSION            = try(aws_bedrock_guardrail_version.bot[0].version, "")
      POWERTOOLS_METRICS_NAMESPACE = local.metric_namespace
      POWERTOOLS_SERVICE_NAME      = local.service
      SESSION_TABLE                = aws_dynamodb_table.sessions.name
      SESSION_TTL_SECONDS          = tostring(var.session_ttl_seconds)
      STRIPE_SECRET_ARN            = aws_secretsmanager_secret.stripe.arn
    }
  }

  metric_namespace = "PaymentBot"
}

# Remembers who deployed what. A new code or configuration replaces it and takes the current `deployed_by`; `deployed_by`
# alone, which holds a time and so differs in every run, is ignored and leaves the plan empty.
resource "terraform_data" "deployment" {
  input            = var.deployed_by
  triggers_replace = [local.source_hash, sha256(jsonencode(local.function))]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_lambda_function" "bot" {
  function_name = local.names.function
  description   = terraform_data.deployment.output
  role          = aws_iam_role.lambda.arn

  filename         = local.bundle
  source_code_hash = local.source_hash
  handler          = local.function.handler
  runtime          = local.function.runtime
  architectures    = [local.function.architecture]
  memory_size      = local.function.memory_mb
  timeout          = local.function.timeout
  kms_key_arn      = aws_kms_key.main.arn
  publish          = true

  environment {
    variables = local.function.environment
  }

  # Never DEBUG: Stripe's client logs card numbers at that level.
  logging_config {
    log_format            = "JSON"
    log_group             = local.function.log_group_name
    application_log_level = local.function.log_level
    system_log_level      = local.function.log_level
  }

  tracing_config {
    mode = "Active"
  }

  # The first invocation must not come before its permissions.
  depends_on = [aws_iam_role_policy.lambda, aws_iam_role_policy.lambda_guardrails]

  lifecycle {
    precondition {
      condition     = fileexists(local.bundle)
      error_message = "There is no Lambda bundle at ${local.bundle}. Run `paybot package`, then plan again."
    }
  }
}

# What the API invokes. Pointing it at an earlier version is a rollback that takes a second.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that customers talk to"
  function_name    = aws_lambda_function.bot.function_name
  function_version = aws_lambda_function.bot.version
}

resource "aws_lambda_permission" "api" {
  statement_id  = "AllowChatApi"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.bot.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.chat.execution_arn}/${var.environment}/POST/chat"
}
