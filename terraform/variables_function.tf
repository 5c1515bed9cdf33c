# The function: its size, how much of it may run, and which version does.

variable "lambda_memory_mb" {
  description = "The bot's memory in MB; its share of a CPU grows with it."
  type        = number
  default     = 512

  validation {
    condition     = var.lambda_memory_mb >= 128 && var.lambda_memory_mb <= 10240 && floor(var.lambda_memory_mb) == var.lambda_memory_mb
    error_message = "lambda_memory_mb must be a whole number from 128 to 10240."
  }
}

variable "lambda_timeout_seconds" {
  description = "Seconds after which Lambda ends a turn. API Gateway answers the customer after 29 seconds whatever this is."
  type        = number
  default     = 60

  validation {
    condition     = var.lambda_timeout_seconds >= 3 && var.lambda_timeout_seconds <= 900 && floor(var.lambda_timeout_seconds) == var.lambda_timeout_seconds
    error_message = "lambda_timeout_seconds must be a whole number from 3 to 900."
  }
}

variable "reserved_concurrency" {
  description = "Turns that may run at once; as many are kept free of the account's other functions, and no more run whatever comes. -1 reserves and limits nothing: for an account whose quota is too small (Lambda keeps 100 unreserved)."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = (var.reserved_concurrency == -1 || var.reserved_concurrency >= 1) && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency must be a whole number from 1, or -1 for none. To stop serving, set paused = true."
  }
}

variable "paused" {
  description = "Serve nobody: every turn is refused until this is false again. `paybot pause` and `paybot resume` write it."
  type        = bool
  default     = false
  nullable    = false
}

variable "live_version" {
  description = "Published version that customers talk to, kept through deploys. null means the newest. `paybot rollback` writes it."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[1-9][0-9]*$", coalesce(var.live_version, "1")))
    error_message = "live_version must be the number of a published version, such as \"12\", or null for the newest."
  }
}

variable "bundle_dir" {
  description = "Folder of lambda.zip and lambda.sha256, relative to this module. Tests point it at a stand-in."
  type        = string
  default     = "../build"
}

variable "deployed_by" {
  description = "Who deploys what: commit, caller and time. Becomes the description of the next Lambda version; changing it alone deploys nothing."
  type        = string
  default     = "terraform"

  validation {
    condition     = length(var.deployed_by) <= 256
    error_message = "deployed_by must have at most 256 characters, the limit of a Lambda description."
  }
}

variable "vpc_subnet_ids" {
  description = "Private subnets to run the bot in; empty runs it outside a VPC. They need a way to Stripe, Bedrock, DynamoDB, KMS and Secrets Manager: a NAT gateway, about $33 a month and zone, or one and five VPC endpoints."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.vpc_subnet_ids : can(regex("^subnet-[0-9a-f]+$", id))])
    error_message = "vpc_subnet_ids must hold ids of subnets, such as subnet-0123456789abcdef0."
  }

  validation {
    condition     = (length(var.vpc_subnet_ids) == 0) == (length(var.vpc_security_group_ids) == 0)
    error_message = "vpc_subnet_ids and vpc_security_group_ids are set together or not at all."
  }
}

variable "vpc_security_group_ids" {
  description = "Security groups of the bot in its VPC; HTTPS out is all that it needs. Set with vpc_subnet_ids."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.vpc_security_group_ids : can(regex("^sg-[0-9a-f]+$", id))])
    error_message = "vpc_security_group_ids must hold ids of security groups, such as sg-0123456789abcdef0."
  }
}

variable "code_signing_config_arn" {
  description = "Code signing configuration that a bundle must satisfy; null checks no signature. `paybot package` signs nothing: a pipeline of yours does, before it deploys."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[0-9a-z]+$", coalesce(var.code_signing_config_arn, "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0")))
    error_message = "code_signing_config_arn must be the ARN of a code signing configuration (arn:aws:lambda:<region>:<account>:code-signing-config:csc-...)."
  }
}
