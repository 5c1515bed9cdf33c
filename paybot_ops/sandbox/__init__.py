"""The embedded AWS: moto behind one lock, and what moto lacks. Importing this package imports none of it."""

ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"
