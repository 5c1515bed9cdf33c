mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "one_policy_per_purpose" {
  command = plan

  variables {
    enable_bedrock_guardrails = true
  }

  assert {
    condition = toset(concat(values(aws_iam_role_policy.lambda)[*].name, aws_iam_role_policy.lambda_guardrails[*].name, aws_iam_role_policy.lambda_guardrail_only[*].name)) == toset([
      for purpose in ["bedrock", "guardrail-only", "guardrails", "kms", "logs", "sessions", "stripe", "xray"] : "payment-smart-bot-lambda-${purpose}-dev"
    ])
    error_message = "The role's policies are not the expected eight."
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
    condition = jsondecode(aws_iam_role_policy.lambda["sessions"].policy).Statement == [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      Resource = [aws_dynamodb_table.sessions.arn]
    }]
    error_message = "The bot may do more with its sessions than it does, or with other tables."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda["stripe"].policy).Statement == [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [aws_secretsmanager_secret.stripe.arn]
    }]
    error_message = "The bot may do more than read its Stripe key."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda["logs"].policy).Statement == [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.bot.arn}:*"]
    }]
    error_message = "The bot may write elsewhere than in its log, or bring its group back, unencrypted and for ever, after a destroy."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda["xray"].policy).Statement == [{
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = ["*"]
    }]
    error_message = "The bot may do more with X-Ray than write traces."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.lambda["kms"].policy).Statement : statement.Effect == "Allow" && statement.Resource == [aws_kms_key.main.arn]
    ])
    error_message = "The bot may use another key than the deployment's."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.lambda["kms"].policy).Statement : statement.Sid => statement.Action
      } == {
      CardNumbers = ["kms:Decrypt", "kms:Encrypt"]
      Environment = ["kms:Decrypt"]
      Sessions    = ["kms:Decrypt"]
      StripeKey   = ["kms:Decrypt"]
    }
    error_message = "The bot may do more with the key than it does."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.lambda["kms"].policy).Statement : statement.Sid => statement.Condition
      } == {
      CardNumbers = {
        StringEquals                = { "kms:EncryptionContext:purpose" = "card-number" }
        "ForAllValues:StringEquals" = { "kms:EncryptionContextKeys" = ["purpose", "session"] }
      }
      Environment = {
        ArnLike = {
          "kms:EncryptionContext:aws:lambda:FunctionArn" = [
            "arn:aws:lambda:us-east-1:123456789012:function:payment-smart-bot-bot-dev",
            "arn:aws:lambda:us-east-1:123456789012:function:payment-smart-bot-bot-dev:*",
          ]
        }
      }
      Sessions = {
        StringEquals = {
          "kms:ViaService"                                  = "dynamodb.us-east-1.amazonaws.com"
          "kms:EncryptionContext:aws:dynamodb:tableName"    = "payment-smart-bot-sessions-dev"
          "kms:EncryptionContext:aws:dynamodb:subscriberId" = "123456789012"
        }
      }
      StripeKey = {
        StringEquals = {
          "kms:ViaService"                  = "secretsmanager.us-east-1.amazonaws.com"
          "kms:EncryptionContext:SecretARN" = aws_secretsmanager_secret.stripe.arn
        }
      }
    }
    error_message = "The bot may use the key without naming what for."
  }

  assert {
    condition     = local.arns.function == "arn:aws:lambda:us-east-1:123456789012:function:${aws_lambda_function.bot.function_name}" && endswith(local.arns.alerts, ":${aws_sns_topic.alerts.name}")
    error_message = "A policy names a function or a topic that does not exist."
  }

  assert {
    condition = jsondecode(aws_iam_role.lambda.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
    error_message = "Others than Lambda may take on the bot's role."
  }

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
