# The configurations that are judged. With each an option of the module is on that the one before leaves off.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
}

run "development" {
  command = plan
}

run "production" {
  command = plan

  variables {
    environment  = "prod"
    alert_emails = ["alerts@example.com"]
  }
}

run "everything" {
  command = plan

  variables {
    environment               = "prod"
    alert_emails              = ["alerts@example.com"]
    api_authorization         = "AWS_IAM"
    code_signing_config_arn   = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    enable_bedrock_guardrails = true
    manage_api_logging_role   = true
    require_api_key           = true
    vpc_security_group_ids    = ["sg-0123456789abcdef0"]
    vpc_subnet_ids            = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  }
}
