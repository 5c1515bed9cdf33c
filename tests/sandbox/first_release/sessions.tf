# Conversations in progress. A session is gone an hour after its last message, and nothing brings it back.

resource "aws_dynamodb_table" "sessions" {
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

  # Off on purpose: losing the table costs the conversations of one hour, and `terraform destroy` must work.
  deletion_protection_enabled = false
}
