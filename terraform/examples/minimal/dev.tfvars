# Everything else has a default: see variables*.tf.

project_name = "payment-smart-bot"
environment  = "dev"
aws_region   = "us-east-1"

# Yours: every other account is refused, whatever credentials are in the shell.
allowed_account_ids = ["123456789012"]

# A new account's quota is too small to reserve from: Lambda keeps 100 runs free.
reserved_concurrency = -1
