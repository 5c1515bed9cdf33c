"""What paybot needs of the machine that it runs on."""

from __future__ import annotations

# The S3 backend's own lock file, generally available, and validation across variables.
OLDEST_TERRAFORM = (1, 11, 0)
