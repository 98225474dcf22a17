"""Campaigns that take overdue invoices through a workflow."""
