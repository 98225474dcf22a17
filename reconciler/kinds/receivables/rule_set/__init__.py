"""The conditions that an invoice must meet to be targeted."""
