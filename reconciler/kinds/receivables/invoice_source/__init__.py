"""Where invoices are read from."""
