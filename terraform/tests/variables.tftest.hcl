mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "refuses_no_bundle" {
  command = plan

  variables {
    bundle_dir = "tests/bundles/none"
  }

  expect_failures = [aws_lambda_function.bot]
}

run "refuses_a_us_profile_outside_the_us" {
  command = plan

  variables {
    aws_region = "eu-west-1"
  }

  expect_failures = [var.bedrock_model_id]
}

run "refuses_a_us_profile_from_us_gov" {
  command = plan

  variables {
    aws_region = "us-gov-west-1"
  }

  expect_failures = [var.bedrock_model_id]
}

run "refuses_an_eu_profile_in_the_us" {
  command = plan

  variables {
    bedrock_model_id = "eu.amazon.nova-micro-v1:0"
  }

  expect_failures = [var.bedrock_model_id]
}

run "refuses_a_japanese_profile_in_seoul" {
  command = plan

  variables {
    aws_region       = "ap-northeast-2"
    bedrock_model_id = "jp.amazon.nova-2-lite-v1:0"
  }

  expect_failures = [var.bedrock_model_id]
}

run "refuses_an_arn_for_a_model" {
  command = plan

  variables {
    bedrock_model_id = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"
  }

  expect_failures = [var.bedrock_model_id]
}

run "refuses_a_project_name_too_long_for_a_guardrail" {
  command = plan

  variables {
    project_name = "payment-smart-bot-of-europe"
  }

  expect_failures = [var.project_name]
}

run "refuses_a_project_name_in_capitals" {
  command = plan

  variables {
    project_name = "PaymentBot"
  }

  expect_failures = [var.project_name]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    environment = "dev/one"
  }

  expect_failures = [var.environment]
}

run "refuses_a_zone_for_a_region" {
  command = plan

  variables {
    aws_region = "us-east-1a"
  }

  expect_failures = [var.aws_region]
}

run "refuses_an_account_without_its_zeros" {
  command = plan

  variables {
    allowed_account_ids = [12345678901]
  }

  expect_failures = [var.allowed_account_ids]
}

run "refuses_a_threshold_of_nothing" {
  command = plan

  variables {
    bedrock_token_threshold = 0
  }

  expect_failures = [var.bedrock_token_threshold]
}

run "refuses_an_output_threshold_of_nothing" {
  command = plan

  variables {
    bedrock_output_token_threshold = -1
  }

  expect_failures = [var.bedrock_output_token_threshold]
}

run "refuses_a_cost_threshold_of_nothing" {
  command = plan

  variables {
    bedrock_daily_cost_threshold = 0
  }

  expect_failures = [var.bedrock_daily_cost_threshold]
}

run "refuses_an_unknown_input_price" {
  command = plan

  variables {
    bedrock_input_price_per_million = 0
  }

  expect_failures = [var.bedrock_input_price_per_million]
}

run "refuses_an_unknown_output_price" {
  command = plan

  variables {
    bedrock_output_price_per_million = 0
  }

  expect_failures = [var.bedrock_output_price_per_million]
}

run "refuses_an_origin_with_a_path" {
  command = plan

  variables {
    cors_allow_origin = "https://pay.example.com/chat"
  }

  expect_failures = [var.cors_allow_origin]
}

run "refuses_an_origin_over_plain_http" {
  command = plan

  variables {
    cors_allow_origin = "http://pay.example.com"
  }

  expect_failures = [var.cors_allow_origin]
}

run "refuses_a_rate_of_nothing" {
  command = plan

  variables {
    api_throttle_rate = 0
  }

  expect_failures = [var.api_throttle_rate]
}

run "refuses_half_a_request_at_once" {
  command = plan

  variables {
    api_throttle_burst = 0.5
  }

  expect_failures = [var.api_throttle_burst]
}

run "refuses_more_memory_than_lambda_has" {
  command = plan

  variables {
    lambda_memory_mb = 10241
  }

  expect_failures = [var.lambda_memory_mb]
}

run "refuses_more_time_than_lambda_gives" {
  command = plan

  variables {
    lambda_timeout_seconds = 901
  }

  expect_failures = [var.lambda_timeout_seconds]
}

run "refuses_a_session_for_a_week" {
  command = plan

  variables {
    session_ttl_seconds = 604800
  }

  expect_failures = [var.session_ttl_seconds]
}

run "refuses_a_retention_that_does_not_exist" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_a_signature_too_long_for_lambda" {
  command = plan

  variables {
    deployed_by = join("", [for i in range(257) : "x"])
  }

  expect_failures = [var.deployed_by]
}

run "refuses_a_negative_budget" {
  command = plan

  variables {
    bedrock_daily_token_budget = -1
  }

  expect_failures = [var.bedrock_daily_token_budget]
}

run "refuses_half_a_token" {
  command = plan

  variables {
    bedrock_daily_token_budget = 1000.5
  }

  expect_failures = [var.bedrock_daily_token_budget]
}

run "refuses_an_unknown_way_to_take_cards" {
  command = plan

  variables {
    card_collection = "email"
  }

  expect_failures = [var.card_collection]
}

run "refuses_to_send_the_stripe_key_elsewhere" {
  command = plan

  variables {
    stripe_api_base = "http://127.0.0.1.example.com:8080"
  }

  expect_failures = [var.stripe_api_base]
}

run "refuses_a_stand_in_by_name" {
  command = plan

  variables {
    stripe_api_base = "http://localhost:8080"
  }

  expect_failures = [var.stripe_api_base]
}

run "refuses_a_tag_of_aws" {
  command = plan

  variables {
    tags = { "aws:owner" = "me" }
  }

  expect_failures = [var.tags]
}
