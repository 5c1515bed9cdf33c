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

variable "bedrock_daily_token_budget" {
  description = "Tokens, input and output together, that the bot may use in a UTC day; a hard ceiling. Beyond it the bot words its replies itself and still takes cards. 0 means that the model is never asked."
  type        = number
  default     = 1000000

  validation {
    condition     = var.bedrock_daily_token_budget >= 0 && var.bedrock_daily_token_budget < 1000000000000 && floor(var.bedrock_daily_token_budget) == var.bedrock_daily_token_budget
    error_message = "bedrock_daily_token_budget must be a whole number from 0 to 999999999999."
  }
}

variable "enable_bedrock_guardrails" {
  description = "Create a Bedrock guardrail and make every model call pass through it (charged per 1,000 characters)."
  type        = bool
  default     = false
  nullable    = false
}
