project_name = "payment-smart-bot"
environment  = "prod"
aws_region   = "us-east-1"
tags         = { CostCenter = "payments" }

# Yours: every other account is refused, whatever credentials are in the shell.
allowed_account_ids = ["123456789012"]

# Who may call. The shop's own pages, and nobody's else.
cors_allow_origin  = "https://pay.example.com"
api_throttle_rate  = 50
api_throttle_burst = 100

# The most turns at once. It is taken from the account's quota, of which 100 must stay unreserved.
reserved_concurrency = 50

# Cards are typed on a page of Stripe's: PCI DSS SAQ A.
card_collection = "hosted_link"

# The model, its prices in US dollars per million tokens, and its filters.
bedrock_model_id                 = "us.amazon.nova-micro-v1:0"
bedrock_input_price_per_million  = 0.035
bedrock_output_price_per_million = 0.14
enable_bedrock_guardrails        = true

# Twice a busy day: `paybot metrics tokens --days 7` says what that is. The budget is a ceiling, the others are alarms.
bedrock_token_threshold        = 5000000
bedrock_output_token_threshold = 500000
bedrock_daily_cost_threshold   = 0.5
bedrock_daily_token_budget     = 10000000

# Who hears of alarms; each address gets a message to confirm.
alert_emails = ["payments-oncall@example.com"]

# On in "prod" by themselves; written down for whoever audits this file.
enable_waf             = true
enable_api_access_logs = true
log_retention_days     = 365
protect_data           = true
