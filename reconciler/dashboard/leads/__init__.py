"""What the dashboard shows of leads beside the panels of their kinds, which use it: so nothing is imported here."""
