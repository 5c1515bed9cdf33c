# The container of the Stripe key. Its value never enters Terraform, so it is in no plan, state or tfvars file.

resource "aws_secretsmanager_secret" "stripe" {
  # A prefix and not a name: a deleted secret keeps its name until its recovery window ends, and a second deploy would
  # fail on it. So deploy, destroy, deploy works and a key destroyed by mistake can still be restored.
  name_prefix = "${var.project_name}-stripe-key-${var.environment}-"
  description = "Stripe restricted key of ${local.service}, set outside Terraform"
  kms_key_id  = aws_kms_key.main.arn

  # As long as the KMS key's own deletion window: restoring one without the other gives nothing back.
  recovery_window_in_days = local.recovery_window_days
}
