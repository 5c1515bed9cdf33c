"""The embedded AWS: moto behind one lock, and what moto lacks. Importing this package imports none of it."""

ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"
STRIPE_PATH = "/_stripe"
"""Where the stand-in of Stripe shows its pages, below the sandbox's endpoint."""
