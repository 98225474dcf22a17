"""Muster: campaigns as code, planned over state and time."""

__version__ = "0.1.0"
