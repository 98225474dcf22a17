"""The pages of receivables: In Campaign %, alerts, a campaign's launch and invoices, and one invoice."""
