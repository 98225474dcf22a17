"""A workflow over the invoices that match a target audience."""
