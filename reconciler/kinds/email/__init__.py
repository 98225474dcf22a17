"""E-mail campaigns and whom they reach."""
