"""Where debtor accounts are read from."""
