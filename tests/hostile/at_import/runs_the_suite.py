"""Imports the oracle."""

from properties.oracle import expect  # noqa: F401
