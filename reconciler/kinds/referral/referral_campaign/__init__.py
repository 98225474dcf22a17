"""Which offer advocates and friends see, and which rewards are due."""
