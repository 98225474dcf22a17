"""Debtor accounts contacted by a strategy, in a date range."""
