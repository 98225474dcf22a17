"""An SMTP server with its credentials and limits."""
