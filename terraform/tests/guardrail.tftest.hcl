mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "it_is_what_the_variables_want" {
  command = plan

  variables {
    enable_bedrock_guardrails  = true
    guardrail_content_strength = "HIGH"
    guardrail_topics           = { "Gift cards" = "Buying gift cards." }
    guardrail_words            = ["banana split"]
    guardrail_blocked_message  = "Not that."
  }

  assert {
    condition = (
      aws_lambda_function.bot.environment[0].variables["GUARDRAIL_ID"] == aws_bedrock_guardrail.bot[0].guardrail_id &&
      aws_lambda_function.bot.environment[0].variables["GUARDRAIL_VERSION"] == "7"
    )
    error_message = "The bot does not use the frozen version of the guardrail."
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

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.lambda_guardrails[0].policy).Statement : [statement.Action, statement.Resource] if statement.Sid == "ApplyThisGuardrail"
    ]) == ["bedrock:ApplyGuardrail", aws_bedrock_guardrail.bot[0].guardrail_arn]
    error_message = "The bot may apply guardrails other than its own."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.lambda_guardrail_only[0].policy).Statement : statement
      ]) == {
      Sid       = "NoModelWithoutIt"
      Effect    = "Deny"
      Action    = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
      Resource  = "*"
      Condition = { StringNotLike = { "bedrock:GuardrailIdentifier" = "${aws_bedrock_guardrail.bot[0].guardrail_arn}:*" } }
    }
    error_message = "The model can be invoked without a frozen version of this guardrail."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.lambda_guardrails[0].policy).Statement : statement if statement.Sid == "ReadThisGuardrail"
      ]) == {
      Sid       = "ReadThisGuardrail"
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = aws_kms_key.main.arn
      Condition = { StringLike = { "kms:ViaService" = "bedrock*.us-east-1.amazonaws.com" } }
    }
    error_message = "Bedrock cannot read the encrypted guardrail for the bot, or the bot can use the key for more."
  }

  assert {
    condition = alltrue([
      for topic in aws_bedrock_guardrail.bot[0].topic_policy_config[0].topics_config :
      length(topic.definition) <= 200 && length(topic.examples) <= 5 && alltrue([for text in topic.examples : length(text) <= 100])
    ])
    error_message = "Bedrock takes definitions of 200 characters, and five examples of 100."
  }

  assert {
    condition = {
      for filter in aws_bedrock_guardrail.bot[0].content_policy_config[0].filters_config : filter.type => filter.input_strength
    } == { HATE = "HIGH", SEXUAL = "HIGH", VIOLENCE = "HIGH", MISCONDUCT = "HIGH", INSULTS = "MEDIUM", PROMPT_ATTACK = "HIGH" }
    error_message = "The strengths on the input are not those asked for, insults one step lower."
  }

  assert {
    condition = contains(
      [for topic in aws_bedrock_guardrail.bot[0].topic_policy_config[0].topics_config : topic.name], "Gift cards"
    ) && length(aws_bedrock_guardrail.bot[0].topic_policy_config[0].topics_config) == 6
    error_message = "A topic of one's own stands beside the module's five."
  }

  assert {
    condition = (
      one(aws_bedrock_guardrail.bot[0].word_policy_config[0].words_config[*].text) == "banana split" &&
      one(aws_bedrock_guardrail.bot[0].word_policy_config[0].managed_word_lists_config[*].type) == "PROFANITY" &&
      aws_bedrock_guardrail.bot[0].blocked_input_messaging == "Not that." &&
      aws_bedrock_guardrail.bot[0].blocked_outputs_messaging == "Not that."
    )
    error_message = "Words or messages are not those asked for."
  }
}

run "each_policy_is_there_only_when_it_filters_something" {
  command = plan

  variables {
    enable_bedrock_guardrails  = true
    guardrail_content_strength = "NONE"
    guardrail_keep_to_payments = false
    guardrail_profanity        = false
    guardrail_pii_action       = "ANONYMIZE"
    guardrail_pii_entities     = ["EMAIL"]
  }

  assert {
    condition = (
      length(aws_bedrock_guardrail.bot[0].content_policy_config) == 0 &&
      length(aws_bedrock_guardrail.bot[0].topic_policy_config) == 0 &&
      length(aws_bedrock_guardrail.bot[0].word_policy_config) == 0
    )
    error_message = "A policy that is off is still made, and charged."
  }

  assert {
    condition = one(aws_bedrock_guardrail.bot[0].sensitive_information_policy_config[0].pii_entities_config[*]) == {
      type   = "EMAIL"
      action = "ANONYMIZE"
    }
    error_message = "Personal data is not masked as asked."
  }
}

run "a_guardrail_that_filters_nothing_is_refused" {
  command = plan

  variables {
    enable_bedrock_guardrails  = true
    guardrail_content_strength = "NONE"
    guardrail_keep_to_payments = false
    guardrail_profanity        = false
    guardrail_pii_entities     = []
  }

  expect_failures = [aws_bedrock_guardrail.bot]
}
