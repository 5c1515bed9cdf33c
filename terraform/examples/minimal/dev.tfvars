# Everything else has a default: see variables*.tf.

project_name = "payment-smart-bot"
environment  = "dev"
aws_region   = "us-east-1"

# Yours: every other account is refused, whatever credentials are in the shell.
allowed_account_ids = ["123456789012"]
