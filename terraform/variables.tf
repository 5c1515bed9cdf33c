# What is deployed, and where.

variable "project_name" {
  description = "First part of every resource's name: <project_name>-<purpose>-<environment>."
  type        = string
  default     = "payment-smart-bot"

  validation {
    # The tightest limit is a Bedrock guardrail's name, 50 characters for project, "-guardrail-" and environment.
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.project_name))
    error_message = "project_name must have 3 to 24 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "environment" {
  description = "Last part of every resource's name and the name of the API's stage, for example dev, staging or prod. \"prod\" keeps logs for a year, writes access logs, puts a web ACL before the API and refuses to lose data."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,10}[a-z0-9]$", var.environment))
    error_message = "environment must have 2 to 12 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "aws_region" {
  description = "Region that everything is deployed to, for example us-east-1."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.aws_region))
    error_message = "aws_region must be a region code such as us-east-1 or eu-west-1."
  }
}

variable "allowed_account_ids" {
  description = "AWS accounts that may be deployed to; any other is refused before anything is read or changed. Empty allows every account."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.allowed_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "allowed_account_ids must hold account ids of 12 digits, in quotes (a number loses its leading zeros)."
  }
}

variable "tags" {
  description = "Tags for every resource, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags must not start with \"aws:\"; AWS keeps that prefix for itself."
  }
}

variable "enable_dashboard" {
  description = "Make a CloudWatch dashboard of everything that the alarms watch and of what surrounds it. An account's first three are free, so dev, staging and prod cost nothing; each further one costs $3 a month."
  type        = bool
  default     = true
  nullable    = false
}
