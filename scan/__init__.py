"""What judges the Terraform module: checkov with checks of our own, and what it cannot see. Run by `make scan`.

The package is read by two interpreters: `judge` and `checks` by the scanner's own, which holds checkov and nothing of
paybot's; the rest by the development environment's.
"""
