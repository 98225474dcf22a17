"""What an operator may do from a page: offers that lead to a page to confirm, and what is done once it is."""
