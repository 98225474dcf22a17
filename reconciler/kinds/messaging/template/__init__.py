"""The text of a message, with its attachments."""
