"""Who may come in: tokens, reverse proxies, sessions, and what holds other sites off."""
