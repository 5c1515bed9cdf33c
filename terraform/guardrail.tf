# Bedrock's filter on both sides of the model, its frozen version, and the policy that makes the bot use it.

locals {
  guardrail_count = var.enable_bedrock_guardrails ? 1 : 0
}

resource "aws_bedrock_guardrail" "bot" {
  count = local.guardrail_count

  name = local.names.guardrail
  # Never unset: the provider fails when Bedrock answers with an empty one.
  description               = "Filters of ${local.service}"
  blocked_input_messaging   = local.guardrail_filters.blocked_message
  blocked_outputs_messaging = local.guardrail_filters.blocked_message
  kms_key_arn               = aws_kms_key.main.arn

  # A policy that holds nothing is refused, so each is there only when it has something to do; each is charged apart.
  dynamic "content_policy_config" {
    for_each = length(local.guardrail_filters.content) > 0 ? [local.guardrail_filters.content] : []

    content {
      dynamic "filters_config" {
        for_each = content_policy_config.value

        content {
          type            = filters_config.key
          input_strength  = filters_config.value.input
          output_strength = filters_config.value.output
        }
      }
    }
  }

  dynamic "sensitive_information_policy_config" {
    for_each = length(local.guardrail_filters.pii) > 0 ? [local.guardrail_filters.pii] : []

    content {
      dynamic "pii_entities_config" {
        for_each = sensitive_information_policy_config.value

        content {
          type   = pii_entities_config.key
          action = pii_entities_config.value
        }
      }
    }
  }

  dynamic "topic_policy_config" {
    for_each = length(local.guardrail_filters.topics) > 0 ? [local.guardrail_filters.topics] : []

    content {
      dynamic "topics_config" {
        for_each = topic_policy_config.value

        content {
          name       = topics_config.key
          definition = topics_config.value.definition
          examples   = topics_config.value.examples
          type       = "DENY"
        }
      }
    }
  }

  dynamic "word_policy_config" {
    for_each = length(local.guardrail_filters.words) > 0 || local.guardrail_filters.profanity ? [local.guardrail_filters] : []

    content {
      dynamic "words_config" {
        for_each = word_policy_config.value.words

        content {
          text = words_config.value
        }
      }

      dynamic "managed_word_lists_config" {
        for_each = word_policy_config.value.profanity ? ["PROFANITY"] : []

        content {
          type = managed_word_lists_config.value
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition = (
        length(local.guardrail_filters.content) + length(local.guardrail_filters.pii) + length(local.guardrail_filters.topics) +
        length(local.guardrail_filters.words) > 0 || local.guardrail_filters.profanity
      )
      error_message = "The guardrail would filter nothing: set one of guardrail_content_strength, guardrail_pii_entities, guardrail_keep_to_payments, guardrail_topics, guardrail_words and guardrail_profanity, or enable_bedrock_guardrails = false."
    }
  }
}

# Changes with the filters and with nothing else.
resource "terraform_data" "guardrail_filters" {
  count            = local.guardrail_count
  triggers_replace = sha256(jsonencode(local.guardrail_filters))
}

# The draft can change under a running bot; a version cannot.
resource "aws_bedrock_guardrail_version" "bot" {
  count = local.guardrail_count

  guardrail_arn = aws_bedrock_guardrail.bot[0].guardrail_arn
  description   = "Filters of ${local.service}"

  # Earlier versions stay: an earlier Lambda version, after a rollback, still asks for its own. They go with the
  # guardrail, which may have 20.
  skip_destroy = true

  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [terraform_data.guardrail_filters[count.index]]
  }
}

resource "aws_iam_role_policy" "lambda_guardrails" {
  count = local.guardrail_count

  name = "${var.project_name}-lambda-guardrails-${var.environment}"
  role = aws_iam_role.lambda.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ApplyThisGuardrail"
        Effect   = "Allow"
        Action   = "bedrock:ApplyGuardrail"
        Resource = aws_bedrock_guardrail.bot[0].guardrail_arn
      },
      {
        # Bedrock reads an encrypted guardrail as whoever applies it (Amazon Bedrock User Guide: Create a customer managed key
        # for your guardrail), and documents no encryption context.
        Sid      = "ReadThisGuardrail"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.main.arn
        Condition = {
          # Bedrock or its runtime, and never the function itself.
          StringLike = { "kms:ViaService" = "bedrock*.${var.aws_region}.amazonaws.com" }
        }
      },
    ]
  })

  # Switched off, it goes after the function has stopped asking for the guardrail.
  lifecycle {
    create_before_destroy = true
  }
}

# The model is closed to whoever leaves the guardrail out, once every customer is answered by a version that asks for it:
# after the alias has moved, and taken back before it moves away.
resource "aws_iam_role_policy" "lambda_guardrail_only" {
  count = local.guardrail_count

  name = "${var.project_name}-lambda-guardrail-only-${var.environment}"
  role = aws_iam_role.lambda.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "NoModelWithoutIt"
        Effect = "Deny"
        Action = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        # `*`: a Deny that names models would miss the next one.
        Resource = "*"
        Condition = {
          # `:*`: any frozen version, so that neither a new version nor a rollback cuts off the model for a moment. The function's
          # environment says which.
          StringNotLike = { "bedrock:GuardrailIdentifier" = "${aws_bedrock_guardrail.bot[0].guardrail_arn}:*" }
        }
      },
    ]
  })

  depends_on = [aws_lambda_alias.live]
}
