"""Receivables campaigns: what is tested, launched, enrolled and said."""
