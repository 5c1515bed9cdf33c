mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "a_card_number_is_encrypted_for_its_session_only" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda["kms"].policy).Statement[1] == {
      Effect   = "Allow"
      Action   = ["kms:Encrypt"]
      Resource = [aws_kms_key.main.arn]
      Condition = {
        StringEquals                = { "kms:EncryptionContext:purpose" = "card-number" }
        "ForAllValues:StringEquals" = { "kms:EncryptionContextKeys" = ["purpose", "session"] }
      }
    }
    error_message = "The bot may encrypt without naming what for."
  }

  assert {
    condition = toset(jsondecode(aws_iam_role_policy.lambda["sessions"].policy).Statement[0].Action) == toset([
      "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
    ])
    error_message = "The bot may do more with its sessions than it does."
  }
}

run "a_profile_allows_its_model_where_it_routes" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda["bedrock"].policy).Statement[0] == {
      Effect    = "Allow"
      Action    = ["bedrock:InvokeModel"]
      Resource  = ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-micro-v1:0"]
      Condition = {}
    }
    error_message = "The bot may not invoke its inference profile."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda["bedrock"].policy).Statement[1] == {
      Effect = "Allow"
      Action = ["bedrock:InvokeModel"]
      Resource = [
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
        "arn:aws:bedrock:us-east-2::foundation-model/amazon.nova-micro-v1:0",
        "arn:aws:bedrock:us-west-1::foundation-model/amazon.nova-micro-v1:0",
        "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-micro-v1:0",
      ]
      Condition = {
        StringEquals = { "bedrock:InferenceProfileArn" = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-micro-v1:0" }
      }
    }
    error_message = "The model is not allowed in exactly the regions of the profile, on the profile's behalf."
  }
}

run "a_global_profile_names_the_model_without_a_region" {
  command = plan

  variables {
    aws_region       = "eu-west-1"
    bedrock_model_id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda["bedrock"].policy).Statement[1].Resource == [
      "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
      "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
    ]
    error_message = "A global profile needs the model in the source region and without a region."
  }
}

run "a_bare_model_is_allowed_here_only" {
  command = plan

  variables {
    aws_region       = "eu-west-1"
    bedrock_model_id = "mistral.mistral-7b-instruct-v0:2"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda["bedrock"].policy).Statement == [{
      Effect    = "Allow"
      Action    = ["bedrock:InvokeModel"]
      Resource  = ["arn:aws:bedrock:eu-west-1::foundation-model/mistral.mistral-7b-instruct-v0:2"]
      Condition = {}
    }]
    error_message = "A bare model id must be allowed in the deployment's region and nowhere else."
  }
}

run "one_policy_per_purpose" {
  command = plan

  variables {
    enable_bedrock_guardrails = true
  }

  assert {
    condition = toset(concat(values(aws_iam_role_policy.lambda)[*].name, aws_iam_role_policy.lambda_guardrails[*].name)) == toset([
      for purpose in ["bedrock", "guardrails", "kms", "logs", "sessions", "stripe", "xray"] : "payment-smart-bot-lambda-${purpose}-dev"
    ])
    error_message = "The role's policies are not the expected seven."
  }

  assert {
    condition = alltrue(flatten([
      for purpose, policy in aws_iam_role_policy.lambda : [
        for statement in jsondecode(policy.policy).Statement : purpose == "xray" || !contains(statement.Resource, "*")
      ]
    ]))
    error_message = "A policy other than X-Ray's allows something on every resource."
  }

  assert {
    condition = alltrue(flatten([
      for policy in aws_iam_role_policy.lambda : [
        for statement in jsondecode(policy.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "A policy allows actions by pattern."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role_policy.lambda["sessions"].policy).Statement[0].Resource == [aws_dynamodb_table.sessions.arn] &&
      jsondecode(aws_iam_role_policy.lambda["stripe"].policy).Statement[0].Resource == [aws_secretsmanager_secret.stripe.arn] &&
      jsondecode(aws_iam_role_policy.lambda["kms"].policy).Statement[0].Resource == [aws_kms_key.main.arn] &&
      jsondecode(aws_iam_role_policy.lambda["logs"].policy).Statement[0].Resource == ["${aws_cloudwatch_log_group.bot.arn}:*"]
    )
    error_message = "A policy reaches beyond the one resource that it is for."
  }

  assert {
    condition     = !contains(jsondecode(aws_iam_role_policy.lambda["logs"].policy).Statement[0].Action, "logs:CreateLogGroup")
    error_message = "The bot could bring back its log group, unencrypted and for ever, after a destroy."
  }
}
