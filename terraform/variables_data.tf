# What is kept, for how long, and how cards come in.

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

variable "card_collection" {
  description = "\"hosted_link\": cards are entered on a page of Stripe's (PCI DSS SAQ A). \"chat\": card numbers are typed into the chat and pass through this account (SAQ D); for test keys, or with accept_raw_card_data."
  type        = string
  default     = "hosted_link"

  validation {
    condition     = contains(["hosted_link", "chat"], var.card_collection)
    error_message = "card_collection must be \"hosted_link\" or \"chat\"."
  }
}

variable "accept_raw_card_data" {
  description = "Let card_collection = \"chat\" take real cards, with a live Stripe key. Whoever does so stores, processes and transmits card data and answers PCI DSS SAQ D for it; Stripe has to allow it too."
  type        = bool
  default     = false
  nullable    = false
}

variable "stripe_api_base" {
  description = "Where a stand-in of Stripe listens: http, a loopback address and a port. Only the embedded AWS sets it; empty means Stripe."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(http://(127\\.0\\.0\\.1|\\[::1\\]):[0-9]{1,5})?$", var.stripe_api_base))
    error_message = "stripe_api_base must be empty or an http URL of a loopback address with a port: elsewhere it would receive the Stripe key."
  }
}

variable "protect_data" {
  description = "Refuse to destroy the session table, the key, the Stripe secret and the bot's log, and every plan that would replace one. null means: only when environment is \"prod\". How to let go of them: README.md."
  type        = bool
  default     = null
}
