# Bedrock's filter on both sides of the model, its frozen version, and the policy that makes the bot use it.

locals {
  guardrail_count = var.enable_bedrock_guardrails ? 1 : 0

  guardrail_filters = {
    content = {
      HATE       = { input = "HIGH", output = "HIGH" }
      SEXUAL     = { input = "HIGH", output = "HIGH" }
      VIOLENCE   = { input = "HIGH", output = "HIGH" }
      MISCONDUCT = { input = "HIGH", output = "HIGH" }
      # An angry customer may still pay.
      INSULTS = { input = "MEDIUM", output = "HIGH" }
      # Bedrock accepts no other output strength: a prompt attack has no output side.
      PROMPT_ATTACK = { input = "HIGH", output = "NONE" }
    }
    # BLOCK and not ANONYMIZE: the bot masks what it sends, so any of these in a message is a fault to stop.
    blocked_pii = [
      "CREDIT_DEBIT_CARD_CVV",
      "CREDIT_DEBIT_CARD_NUMBER",
      "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
      "PIN",
      "US_BANK_ACCOUNT_NUMBER",
      "US_SOCIAL_SECURITY_NUMBER",
    ]
    # What the customer reads instead; at most 500 characters each.
    blocked_input  = "I can't help with that. Please ask about your payment, and never type card or bank details into this chat."
    blocked_output = "I can't answer that. Please ask about your payment."
  }
}

resource "aws_bedrock_guardrail" "bot" {
  count = local.guardrail_count

  name = local.names.guardrail
  # Never unset: the provider fails when Bedrock answers with an empty one.
  description               = "Filters of ${local.service}"
  blocked_input_messaging   = local.guardrail_filters.blocked_input
  blocked_outputs_messaging = local.guardrail_filters.blocked_output
  kms_key_arn               = aws_kms_key.main.arn

  content_policy_config {
    dynamic "filters_config" {
      for_each = local.guardrail_filters.content

      content {
        type            = filters_config.key
        input_strength  = filters_config.value.input
        output_strength = filters_config.value.output
      }
    }
  }

  sensitive_information_policy_config {
    dynamic "pii_entities_config" {
      for_each = local.guardrail_filters.blocked_pii

      content {
        type   = pii_entities_config.value
        action = "BLOCK"
      }
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
        # `*`: a Deny that names models would miss the next one.
        Sid      = "NoModelWithoutIt"
        Effect   = "Deny"
        Action   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        Resource = "*"
        Condition = {
          # Any frozen version, so that neither a new version nor a rollback cuts off the model for a moment. The function's
          # environment says which.
          StringNotLike = { "bedrock:GuardrailIdentifier" = "${aws_bedrock_guardrail.bot[0].guardrail_arn}:*" }
        }
      },
    ]
  })

  # Switched off, it goes after the function has stopped asking for the guardrail.
  lifecycle {
    create_before_destroy = true
  }
}
