"""How messages leave the house: SMTP connections, templates and channels."""
