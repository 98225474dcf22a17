"""Addresses that no campaign naming this list may mail."""
