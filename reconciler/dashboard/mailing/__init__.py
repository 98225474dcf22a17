"""What the dashboard shows of e-mail campaigns beside their panel, which uses it: so nothing is imported here."""
