"""What happens to an invoice, day by day."""
