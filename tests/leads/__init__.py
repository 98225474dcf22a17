"""Leads: intake, distribution and books."""
