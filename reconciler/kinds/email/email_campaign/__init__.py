"""One message to many recipients through SMTP."""
