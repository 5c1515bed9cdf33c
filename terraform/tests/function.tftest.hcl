mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "a_function_as_one_may_want_it" {
  command = plan

  variables {
    paused                  = true
    live_version            = "2"
    vpc_subnet_ids          = ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"]
    vpc_security_group_ids  = ["sg-0a1b2c3d4e5f60718"]
    code_signing_config_arn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0f6c334abcdea4d8b"
  }

  assert {
    condition     = aws_lambda_function.bot.reserved_concurrent_executions == 0 && output.paused == true
    error_message = "A paused bot serves customers."
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "2" && output.live_version == "2" && output.lambda_version == "3"
    error_message = "The version that was rolled back to does not stay live."
  }

  assert {
    condition = (
      aws_lambda_function.bot.vpc_config[0].subnet_ids == toset(["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"]) &&
      aws_lambda_function.bot.vpc_config[0].security_group_ids == toset(["sg-0a1b2c3d4e5f60718"])
    )
    error_message = "The bot is not in the VPC that was asked for."
  }

  assert {
    condition     = aws_lambda_function.bot.code_signing_config_arn == "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0f6c334abcdea4d8b"
    error_message = "A bundle's signature is not checked."
  }

  assert {
    condition = {
      for effect in ["Allow", "Deny"] : effect => toset(flatten([
        for statement in jsondecode(aws_iam_role_policy.lambda_vpc[0].policy).Statement : statement.Action if statement.Effect == effect
      ]))
      } == {
      for effect in ["Allow", "Deny"] : effect => toset([
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ])
    }
    error_message = "Lambda may do other with network interfaces than it needs, or the bot's own code may as well."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.lambda_vpc[0].policy).Statement : statement.Condition if statement.Effect == "Deny"
    ]) == { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:us-east-1:123456789012:function:payment-smart-bot-bot-dev" } }
    error_message = "The bot's own code may make network interfaces."
  }
}
