# Who hears of alarms.

variable "alert_emails" {
  description = "Addresses that hear of alarms. Each gets a message with a link to confirm, and hears nothing before that. `paybot notifications subscribe` does the same outside Terraform, for other kinds of endpoints too."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", address))])
    error_message = "alert_emails must hold e-mail addresses."
  }
}

variable "alerts_subscribed_elsewhere" {
  description = "Say that somebody hears of alarms although alert_emails is empty: subscribed by `paybot notifications subscribe`, or by another module. Quietens the check of alerts.tf in \"prod\"."
  type        = bool
  default     = false
  nullable    = false
}
