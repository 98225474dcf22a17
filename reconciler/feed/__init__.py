"""ROWS: what lists hold, read row by row from a manifest, a CSV or JSONL file, or a database."""
