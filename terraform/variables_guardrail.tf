# What the guardrail filters, when enable_bedrock_guardrails is on. `paybot guardrails enable` writes these.

variable "guardrail_pii_action" {
  description = "What happens to personal data: BLOCK stops the text, ANONYMIZE lets it pass with the data masked. The bot takes out what it collects itself before the model sees it, so blocking stops no payment."
  type        = string
  default     = "BLOCK"
  nullable    = false

  validation {
    condition     = contains(["BLOCK", "ANONYMIZE"], var.guardrail_pii_action)
    error_message = "guardrail_pii_action must be BLOCK or ANONYMIZE."
  }
}

variable "guardrail_pii_entities" {
  description = "Kinds of personal data to look for, in Bedrock's names. Not NAME: customers are asked for the name on their card. Empty looks for none."
  type        = list(string)
  nullable    = false
  default = [
    "CREDIT_DEBIT_CARD_CVV",
    "CREDIT_DEBIT_CARD_NUMBER",
    "EMAIL",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "PHONE",
    "PIN",
    "US_BANK_ACCOUNT_NUMBER",
    "US_SOCIAL_SECURITY_NUMBER",
  ]

  validation {
    condition = length(setsubtract(var.guardrail_pii_entities, [
      "ADDRESS", "AGE", "AWS_ACCESS_KEY", "AWS_SECRET_KEY", "CA_HEALTH_NUMBER", "CA_SOCIAL_INSURANCE_NUMBER",
      "CREDIT_DEBIT_CARD_CVV", "CREDIT_DEBIT_CARD_EXPIRY", "CREDIT_DEBIT_CARD_NUMBER", "DRIVER_ID", "EMAIL",
      "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "IP_ADDRESS", "LICENSE_PLATE", "MAC_ADDRESS", "NAME", "PASSWORD", "PHONE",
      "PIN", "SWIFT_CODE", "UK_NATIONAL_HEALTH_SERVICE_NUMBER", "UK_NATIONAL_INSURANCE_NUMBER",
      "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER", "URL", "USERNAME", "US_BANK_ACCOUNT_NUMBER", "US_BANK_ROUTING_NUMBER",
      "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "US_PASSPORT_NUMBER", "US_SOCIAL_SECURITY_NUMBER",
      "VEHICLE_IDENTIFICATION_NUMBER",
    ])) == 0
    error_message = "guardrail_pii_entities holds a kind that Bedrock does not know (Amazon Bedrock API reference: GuardrailPiiEntityConfig)."
  }
}

variable "guardrail_content_strength" {
  description = "How readily harmful content is stopped: NONE, LOW, MEDIUM or HIGH. Anything but NONE also stops prompt attacks on the input. One charge for all of them."
  type        = string
  default     = "MEDIUM"
  nullable    = false

  validation {
    condition     = contains(["NONE", "LOW", "MEDIUM", "HIGH"], var.guardrail_content_strength)
    error_message = "guardrail_content_strength must be NONE, LOW, MEDIUM or HIGH."
  }
}

variable "guardrail_keep_to_payments" {
  description = "Deny the topics that a payment bot has no business with: investment, medical and legal advice, politics, writing and homework."
  type        = bool
  default     = true
  nullable    = false
}

variable "guardrail_topics" {
  description = "More topics to deny: name and definition of each. Define what the topic is, not what it is not."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    # 30 in all, of which guardrail_keep_to_payments takes five.
    condition     = length(var.guardrail_topics) <= 25
    error_message = "guardrail_topics must hold at most 25 topics."
  }

  validation {
    condition     = alltrue([for name, definition in var.guardrail_topics : can(regex("^[0-9a-zA-Z_ !?.-]{1,100}$", name)) && length(definition) >= 1 && length(definition) <= 200])
    error_message = "A topic's name takes 1 to 100 letters, digits, spaces and - _ ! ? . and its definition 1 to 200 characters."
  }
}

variable "guardrail_words" {
  description = "Words and phrases that stop a text, in any case. Free of charge."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.guardrail_words) <= 10000 && alltrue([for word in var.guardrail_words : length(trimspace(word)) >= 1 && length(word) <= 100])
    error_message = "guardrail_words must hold at most 10,000 words of 1 to 100 characters."
  }
}

variable "guardrail_profanity" {
  description = "Stop the words of Bedrock's own list of profanities. Free of charge."
  type        = bool
  default     = true
  nullable    = false
}

variable "guardrail_blocked_message" {
  description = "What the customer reads instead of a text that was stopped, on either side of the model."
  type        = string
  default     = "I can't help with that. Please ask about your payment, and never type card or bank details into this chat."
  nullable    = false

  validation {
    condition     = length(var.guardrail_blocked_message) >= 1 && length(var.guardrail_blocked_message) <= 500
    error_message = "guardrail_blocked_message must have 1 to 500 characters."
  }
}
