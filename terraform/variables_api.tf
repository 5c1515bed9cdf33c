# The API: who may call it, how often, and what is written down about it.

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

variable "manage_api_logging_role" {
  description = "Make API Gateway's logging role and set it for the whole account and region, replacing the one that is set. On in one deployment of an account and region at most: when it is destroyed, the account keeps naming a role that is gone, and no API there logs any more."
  type        = bool
  default     = false
  nullable    = false
}

variable "require_api_key" {
  description = "Answer only callers that send the deployment's API key (x-api-key). It tells callers apart and stops strangers; it proves no identity, and a web page cannot keep it. Its value stands in the state, as every API key of Terraform's does."
  type        = bool
  default     = false
  nullable    = false
}

variable "api_authorization" {
  description = "\"NONE\": the chat is open, as a web page needs it. \"AWS_IAM\": callers sign their requests (SigV4) and need execute-api:Invoke on the output chat_invoke_arn; for a shop's own server in front."
  type        = string
  default     = "NONE"
  nullable    = false

  validation {
    condition     = contains(["NONE", "AWS_IAM"], var.api_authorization)
    error_message = "api_authorization must be \"NONE\" or \"AWS_IAM\"."
  }
}

variable "enable_waf" {
  description = "Put a web ACL before the API: about $11 a month (ACL $5, six rules $1 each) and $0.60 per million requests. null means: only when environment is \"prod\" (PCI DSS 6.4.2)."
  type        = bool
  default     = null
}

variable "waf_requests_per_ip" {
  description = "Requests that one address may make in five minutes before the web ACL refuses it; a conversation takes about ten. Whole offices and mobile networks share an address."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.waf_requests_per_ip >= 10 && var.waf_requests_per_ip <= 2000000000 && floor(var.waf_requests_per_ip) == var.waf_requests_per_ip
    error_message = "waf_requests_per_ip must be a whole number from 10, WAF's lowest limit, to 2000000000."
  }
}
