# Which model `bedrock_model_id` stands for, where it may be invoked from, and which ARNs that needs.

locals {
  # Bedrock's geographic inference profiles. `from`: regions that may call one. `to`: every region that a profile of
  # this geography may route to. A profile's own regions never change; one model uses some of these, so the lists are
  # the union (Amazon Bedrock User Guide, "Supported Regions and models for inference profiles").
  geographies = {
    us = {
      from = "^us-(east|west)-[0-9]$"
      to   = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]
    }
    us-gov = {
      from = "^us-gov-"
      to   = ["us-gov-east-1", "us-gov-west-1"]
    }
    ca = {
      from = "^ca-"
      to   = ["ca-central-1", "ca-west-1"]
    }
    eu = {
      from = "^eu-"
      to   = ["eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"]
    }
    apac = {
      from = "^(ap|me)-"
      to = [
        "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1",
        "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7", "me-central-1",
      ]
    }
    jp = {
      from = "^ap-northeast-[13]$"
      to   = ["ap-northeast-1", "ap-northeast-3"]
    }
    au = {
      from = "^ap-southeast-[24]$"
      to   = ["ap-southeast-2", "ap-southeast-4"]
    }
    # A global profile routes anywhere; AWS names that with an ARN that has no region.
    global = {
      from = "."
      to   = [var.aws_region, ""]
    }
  }

  # Empty for a bare model id.
  profile_prefix      = join("", [for geography in keys(local.geographies) : "${geography}." if startswith(var.bedrock_model_id, "${geography}.")])
  is_profile          = local.profile_prefix != ""
  foundation_model_id = trimprefix(var.bedrock_model_id, local.profile_prefix)
  model_regions       = local.is_profile ? local.geographies[trimsuffix(local.profile_prefix, ".")].to : [var.aws_region]

  foundation_model_arns = [
    for region in local.model_regions : "arn:${local.partition}:bedrock:${region}::foundation-model/${local.foundation_model_id}"
  ]
  inference_profile_arn = "arn:${local.partition}:bedrock:${var.aws_region}:${local.account_id}:inference-profile/${var.bedrock_model_id}"
}
