"""HCL, Terraform's language, read and edited exactly: what Terraform's own parser refuses is refused here.

`reading` and `json_values` give settings, `edit` changes one value; the rest is how. Nothing is imported here, so that
a command that only names a value's type pays for no parser.
"""
