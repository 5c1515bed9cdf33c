"""Checks of our own, in checkov's form: importing one adds it to checkov's."""
