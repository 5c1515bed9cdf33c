mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "off" {
  command = plan

  assert {
    condition     = length(aws_bedrock_guardrail.bot) + length(aws_bedrock_guardrail_version.bot) + length(aws_iam_role_policy.lambda_guardrails) == 0
    error_message = "A guardrail is made although it is off."
  }

  assert {
    condition = (
      aws_lambda_function.bot.environment[0].variables["GUARDRAIL_ID"] == "" &&
      aws_lambda_function.bot.environment[0].variables["GUARDRAIL_VERSION"] == "" &&
      output.guardrail_id == null && output.guardrail_version == null
    )
    error_message = "The bot or the outputs name a guardrail although it is off."
  }
}

run "on" {
  command = plan

  variables {
    enable_bedrock_guardrails = true
  }

  assert {
    condition = (
      aws_lambda_function.bot.environment[0].variables["GUARDRAIL_ID"] == aws_bedrock_guardrail.bot[0].guardrail_id &&
      aws_lambda_function.bot.environment[0].variables["GUARDRAIL_VERSION"] == "7"
    )
    error_message = "The bot does not use the frozen version of the guardrail."
  }

  assert {
    condition     = aws_bedrock_guardrail.bot[0].description != null && aws_bedrock_guardrail_version.bot[0].description != null
    error_message = "The provider fails on a guardrail without a description."
  }

  assert {
    condition = length(aws_bedrock_guardrail.bot[0].blocked_input_messaging) <= 500 && (
      length(aws_bedrock_guardrail.bot[0].blocked_outputs_messaging) <= 500
    )
    error_message = "A message for a blocked text is longer than Bedrock accepts."
  }

  assert {
    condition = one([
      for filter in aws_bedrock_guardrail.bot[0].content_policy_config[0].filters_config : filter.output_strength if filter.type == "PROMPT_ATTACK"
    ]) == "NONE"
    error_message = "Bedrock refuses an output strength for PROMPT_ATTACK."
  }

  assert {
    condition = length(setsubtract(
      ["CREDIT_DEBIT_CARD_NUMBER", "CREDIT_DEBIT_CARD_CVV", "US_SOCIAL_SECURITY_NUMBER"],
      [for entity in aws_bedrock_guardrail.bot[0].sensitive_information_policy_config[0].pii_entities_config : entity.type if entity.action == "BLOCK"],
    )) == 0
    error_message = "Card numbers, security codes and social security numbers are not all blocked."
  }
}

run "no_model_without_it" {
  command = plan

  variables {
    enable_bedrock_guardrails = true
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.lambda_guardrails[0].policy).Statement : statement.Resource if statement.Effect == "Allow"
    ]) == aws_bedrock_guardrail.bot[0].guardrail_arn
    error_message = "The bot may apply guardrails other than its own."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.lambda_guardrails[0].policy).Statement : statement if statement.Effect == "Deny"
      ]).Condition.StringNotLike == {
      "bedrock:GuardrailIdentifier" = "${aws_bedrock_guardrail.bot[0].guardrail_arn}:*"
    }
    error_message = "The model can be invoked without a frozen version of this guardrail."
  }
}
