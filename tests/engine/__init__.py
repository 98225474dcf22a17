"""The engine and its ledger."""
