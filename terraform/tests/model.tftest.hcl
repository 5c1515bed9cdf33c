mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundle_dir = "tests/bundles/first"
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

  # bedrock_model_id is held against these.
  assert {
    condition = alltrue([
      for geography, regions in {
        us     = ["us-east-1 yes", "us-west-2 yes", "us-gov-west-1 no", "eu-west-1 no"]
        us-gov = ["us-gov-west-1 yes", "us-east-1 no"]
        eu     = ["eu-west-1 yes", "us-east-1 no"]
        apac   = ["ap-northeast-2 yes", "me-central-1 yes", "eu-west-1 no"]
        jp     = ["ap-northeast-1 yes", "ap-northeast-3 yes", "ap-northeast-2 no"]
        au     = ["ap-southeast-2 yes", "ap-southeast-1 no"]
        ca     = ["ca-central-1 yes", "us-east-1 no"]
        global = ["eu-west-1 yes", "us-gov-west-1 yes"]
      } : alltrue([for region in regions : can(regex(local.geographies[geography].from, split(" ", region)[0])) == endswith(region, "yes")])
    ])
    error_message = "A profile may be invoked from a region that it does not serve, or not from one that it does."
  }
}
