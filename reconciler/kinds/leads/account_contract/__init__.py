"""A buyer's contract for the leads of one campaign."""
