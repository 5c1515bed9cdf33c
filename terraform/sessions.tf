# Conversations in progress. A session is gone an hour after its last message, and nothing brings it back.

resource "aws_dynamodb_table" "sessions" {
  # checkov:skip=CKV_AWS_28: A backup would keep for 35 days what must be gone in an hour, card numbers of a chat among it.

  name         = local.names.sessions
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "session_id"

  attribute {
    name = "session_id"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.main.arn
  }

  # Off on purpose: it would keep for 35 days what must be gone in an hour.
  point_in_time_recovery {
    enabled = false
  }

  # The table holds one hour of conversations, and customers in the middle of a payment. Elsewhere than in production
  # `terraform destroy` must simply work.
  deletion_protection_enabled = local.protects_data
}
