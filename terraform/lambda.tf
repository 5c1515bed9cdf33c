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

    # No value here is a secret: the Stripe key is fetched by its ARN at run time. tests/data.tftest.hcl holds it to that.
    environment = {
      ACCEPT_RAW_CARD_DATA         = tostring(var.accept_raw_card_data)
      BEDROCK_DAILY_TOKEN_BUDGET   = format("%d", var.bedrock_daily_token_budget)
      BEDROCK_MODEL_ID             = var.bedrock_model_id
      CARD_COLLECTION              = var.card_collection
      CORS_ALLOW_ORIGIN            = var.cors_allow_origin
      ENVIRONMENT                  = var.environment
      GUARDRAIL_BLOCKED_MESSAGE    = var.enable_bedrock_guardrails ? var.guardrail_blocked_message : ""
      GUARDRAIL_ID                 = try(aws_bedrock_guardrail.bot[0].guardrail_id, "")
      GUARDRAIL_VERSION            = try(aws_bedrock_guardrail_version.bot[0].version, "")
      KMS_KEY_ARN                  = aws_kms_key.main.arn
      POWERTOOLS_METRICS_NAMESPACE = local.metric_namespace
      POWERTOOLS_SERVICE_NAME      = local.service
      SESSION_TABLE                = aws_dynamodb_table.sessions.name
      SESSION_TTL_SECONDS          = tostring(var.session_ttl_seconds)
      STRIPE_API_BASE              = var.stripe_api_base
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
  # checkov:skip=CKV_AWS_116: Lambda fills a dead letter queue for asynchronous invocations only, and the API waits for each answer.
  # checkov:skip=CKV_AWS_117: An option, vpc_subnet_ids: a NAT gateway on the way to Stripe costs more than everything else here together.
  # checkov:skip=CKV_AWS_272: An option, code_signing_config_arn: a signature needs a signing profile of the account and a pipeline that signs.

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

  code_signing_config_arn = var.code_signing_config_arn

  # Zero refuses every turn, whatever version it is for: the kill switch.
  reserved_concurrent_executions = var.paused ? 0 : var.reserved_concurrency

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

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [var.vpc_subnet_ids] : []

    content {
      subnet_ids         = vpc_config.value
      security_group_ids = var.vpc_security_group_ids
    }
  }

  # The first invocation must not come before its permissions.
  depends_on = [aws_iam_role_policy.lambda, aws_iam_role_policy.lambda_guardrails, aws_iam_role_policy.lambda_vpc]

  lifecycle {
    precondition {
      condition     = fileexists(local.bundle)
      error_message = "There is no Lambda bundle at ${local.bundle}. Run `paybot package`, then plan again."
    }
  }
}

# What the API invokes. Pointing it at an earlier version is a rollback that takes a second; `live_version` keeps it there.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that customers talk to"
  function_name    = aws_lambda_function.bot.function_name
  function_version = coalesce(var.live_version, aws_lambda_function.bot.version)
}

resource "aws_lambda_permission" "api" {
  statement_id  = "AllowChatApi"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.bot.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = local.chat_arn
}
