terraform {
  # 1.11 is the first release whose `terraform test` can mock computed values at plan time, and in which the
  # S3 backend's own lock file is no longer experimental.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6"
    }
  }
}
