"""Campaigns that contact debtor accounts by a strategy, in a date range."""
