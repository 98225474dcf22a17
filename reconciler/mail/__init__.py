"""THE POST: mail as bytes, out and back; it knows no campaign and no store."""
