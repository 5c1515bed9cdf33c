"""The Lambda bundle on disk: built from the bot's sources and its lock, and only when they changed."""

from paybot_ops.adapters.packaging.build import BundleReport, build_bundle, read_built
from paybot_ops.adapters.packaging.inputs import source_hash

__all__ = ["BundleReport", "build_bundle", "read_built", "source_hash"]
