"""The dashboard, over real stores, through real HTTP, in a real browser."""
