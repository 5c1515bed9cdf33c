# Applied, not planned, against a mocked AWS: what one deploy leaves behind is what the next one meets.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "the_first_deploy_is_signed" {
  variables {
    deployed_by = "first by alice"
  }

  assert {
    condition     = aws_lambda_function.bot.description == "first by alice"
    error_message = "The version does not say who deployed it."
  }

  assert {
    condition     = aws_lambda_function.bot.source_code_hash == trimspace(file("tests/bundles/first/lambda.sha256"))
    error_message = "The code is not identified by the digest beside the bundle."
  }

  assert {
    condition     = aws_lambda_function.bot.publish == true && aws_lambda_alias.live.function_version == aws_lambda_function.bot.version
    error_message = "The live alias does not point to a published version."
  }
}

run "the_same_code_by_someone_else_changes_nothing" {
  variables {
    deployed_by = "second by bob"
  }

  assert {
    condition     = aws_lambda_function.bot.description == "first by alice"
    error_message = "deployed_by alone publishes a version: no plan would ever be empty."
  }
}

run "new_code_is_signed_anew" {
  variables {
    deployed_by = "third by carol"
    bundle_dir  = "tests/bundles/second"
  }

  assert {
    condition     = aws_lambda_function.bot.description == "third by carol"
    error_message = "New code keeps the name of whoever deployed the old one."
  }
}

run "a_new_configuration_is_signed_anew" {
  variables {
    deployed_by         = "fourth by dave"
    bundle_dir          = "tests/bundles/second"
    session_ttl_seconds = 600
  }

  assert {
    condition     = aws_lambda_function.bot.description == "fourth by dave"
    error_message = "A new configuration keeps the name of whoever deployed the old one."
  }
}
