# In production, what holds data goes only when somebody says so twice.

# `prevent_destroy` takes no variable, so it stands on this marker, which is replaced with what it watches: Terraform refuses
# every plan that would destroy the marker, and with it every plan that would replace or destroy one of them. To let go:
# set protect_data = false, then `terraform state rm 'terraform_data.data_guard[0]'`. One alone is refused, or undone.
resource "terraform_data" "data_guard" {
  count = local.protects_data ? 1 : 0

  lifecycle {
    prevent_destroy = true
    replace_triggered_by = [
      aws_cloudwatch_log_group.bot.id,
      aws_dynamodb_table.sessions.id,
      aws_kms_key.main.id,
      aws_secretsmanager_secret.stripe.id,
    ]
  }
}
