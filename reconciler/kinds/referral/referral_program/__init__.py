"""A program in which referral campaigns take turns."""
