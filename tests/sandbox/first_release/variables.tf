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
  description = "Last part of every resource's name and the name of the API's stage, for example dev, staging or prod. \"prod\" keeps logs for a year and writes access logs."
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

# The model, and what it may cost.

variable "bedrock_model_id" {
  description = "Id that the bot invokes: an inference profile such as us.amazon.nova-micro-v1:0 (most current models need one), or a bare model id. Alarms watch the metrics of exactly this id."
  type        = string
  default     = "us.amazon.nova-micro-v1:0"

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[A-Za-z0-9.-]+(:[0-9]+)?$", var.bedrock_model_id))
    error_message = "bedrock_model_id must be a model id (amazon.nova-micro-v1:0) or an inference profile's id (us.amazon.nova-micro-v1:0), not an ARN."
  }

  validation {
    condition = alltrue([
      for geography, regions in local.geographies : can(regex(regions.from, var.aws_region))
      if startswith(var.bedrock_model_id, "${geography}.")
    ])
    error_message = "bedrock_model_id names an inference profile that cannot be invoked from aws_region. Use the profile of that geography (us., eu., apac., ...), a global. one, or a bare model id that the region offers."
  }
}

variable "bedrock_token_threshold" {
  description = "Input tokens in a rolling 24 hours above which the token usage alarm fires."
  type        = number
  default     = 100000

  validation {
    condition     = var.bedrock_token_threshold > 0
    error_message = "bedrock_token_threshold must be above 0."
  }
}

variable "bedrock_output_token_threshold" {
  description = "Output tokens in a rolling 24 hours above which the output token alarm fires."
  type        = number
  default     = 50000

  validation {
    condition     = var.bedrock_output_token_threshold > 0
    error_message = "bedrock_output_token_threshold must be above 0."
  }
}

variable "bedrock_daily_cost_threshold" {
  description = "Estimated model cost in US dollars in a rolling 24 hours above which the cost alarm fires."
  type        = number
  default     = 1

  validation {
    condition     = var.bedrock_daily_cost_threshold > 0
    error_message = "bedrock_daily_cost_threshold must be above 0."
  }
}

variable "bedrock_input_price_per_million" {
  description = "US dollars per million input tokens of bedrock_model_id in aws_region. The default is Nova Micro's in us-east-1: change it with the model."
  type        = number
  default     = 0.035

  validation {
    condition     = var.bedrock_input_price_per_million > 0
    error_message = "bedrock_input_price_per_million must be above 0; an unknown price would silence the cost alarm."
  }
}

variable "bedrock_output_price_per_million" {
  description = "US dollars per million output tokens of bedrock_model_id in aws_region. The default is Nova Micro's in us-east-1: change it with the model."
  type        = number
  default     = 0.14

  validation {
    condition     = var.bedrock_output_price_per_million > 0
    error_message = "bedrock_output_price_per_million must be above 0; an unknown price would silence the cost alarm."
  }
}

variable "enable_bedrock_guardrails" {
  description = "Create a Bedrock guardrail and make every model call pass through it (charged per 1,000 characters)."
  type        = bool
  default     = false
  nullable    = false
}

# The API.

variable "cors_allow_origin" {
  description = "The one web origin whose pages may call the API, for example https://pay.example.com, or * for any."
  type        = string
  default     = "*"

  validation {
    # Quotes and spaces stay out: API Gateway wraps the value in quotes of its own.
    condition     = can(regex("^(\\*|https://[A-Za-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\\.0\\.0\\.1)(:[0-9]{1,5})?)$", var.cors_allow_origin))
    error_message = "cors_allow_origin must be *, an https origin without a path (https://pay.example.com), or http://localhost with a port."
  }
}

variable "api_throttle_rate" {
  description = "Requests per second that the API accepts on average; more are answered with 429."
  type        = number
  default     = 10

  validation {
    condition     = var.api_throttle_rate > 0
    error_message = "api_throttle_rate must be above 0."
  }
}

variable "api_throttle_burst" {
  description = "Requests that the API accepts at once before the rate applies."
  type        = number
  default     = 20

  validation {
    condition     = var.api_throttle_burst > 0 && floor(var.api_throttle_burst) == var.api_throttle_burst
    error_message = "api_throttle_burst must be a whole number above 0."
  }
}

variable "enable_api_access_logs" {
  description = "Write the API's access and error logs. Needs the account's API Gateway logging role. null means: only when environment is \"prod\"."
  type        = bool
  default     = null
}

# The bot.

variable "bundle_dir" {
  description = "Folder of lambda.zip and lambda.sha256, relative to this module. Tests point it at a stand-in."
  type        = string
  default     = "../build"
}

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

variable "session_ttl_seconds" {
  description = "Seconds after its last message at which a session may be deleted."
  type        = number
  default     = 3600

  validation {
    condition     = var.session_ttl_seconds >= 60 && var.session_ttl_seconds <= 86400 && floor(var.session_ttl_seconds) == var.session_ttl_seconds
    error_message = "session_ttl_seconds must be a whole number from 60 to 86400: a payment conversation is not kept for longer than a day."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept. null means 365 when environment is \"prod\" (PCI DSS 10.5.1 asks for a year), else 30."
  type        = number
  default     = null

  validation {
    condition     = var.log_retention_days == null || contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], coalesce(var.log_retention_days, 30))
    error_message = "log_retention_days must be one of CloudWatch Logs' own: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
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
